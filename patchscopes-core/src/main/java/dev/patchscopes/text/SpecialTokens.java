package dev.patchscopes.text;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a checkpoint's small configuration files say about special tokens.
 *
 * <p>{@code tokenizer_config.json} speaks first, then {@code special_tokens_map.json}; ids in
 * {@code generation_config.json} and {@code config.json} serve where no token is named, and come
 * first for the tokens that end a text.
 */
final class SpecialTokens {

    private static final ImmutableSet<String> ROLES =
            ImmutableSet.of(
                    "bos_token",
                    "eos_token",
                    "unk_token",
                    "sep_token",
                    "pad_token",
                    "cls_token",
                    "mask_token");

    /**
     * Tokenizer classes that ignore the post-processor of {@code tokenizer.json} and build their
     * own from {@code add_bos_token} and {@code add_eos_token}, with the tokens they assume.
     */
    private static final ImmutableMap<String, ImmutableMap<String, String>> REBUILDING =
            ImmutableMap.of(
                    "LlamaTokenizer",
                    ImmutableMap.of("bos_token", "<s>", "eos_token", "</s>"),
                    "CodeLlamaTokenizer",
                    ImmutableMap.of("bos_token", "<s>", "eos_token", "</s>"),
                    "GemmaTokenizer",
                    ImmutableMap.of("bos_token", "<bos>", "eos_token", "<eos>"),
                    "CohereTokenizer",
                    ImmutableMap.of(
                            "bos_token", "<BOS_TOKEN>", "eos_token", "<|END_OF_TURN_TOKEN|>"));

    private final JsonObject tokenizerConfig;
    private final JsonObject specialTokensMap;
    private final List<JsonObject> modelConfigs;

    SpecialTokens(ModelFiles files) {
        tokenizerConfig = files.object("tokenizer_config.json");
        specialTokensMap = files.object("special_tokens_map.json");
        JsonObject config = files.object("config.json");
        JsonElement text = config.get("text_config");
        modelConfigs =
                List.of(
                        files.object("generation_config.json"),
                        config,
                        text != null && text.isJsonObject()
                                ? text.getAsJsonObject()
                                : new JsonObject());
    }

    /** Class name without the "Fast" that marks the same tokenizer in another implementation. */
    Optional<String> tokenizerClass() {
        return string(tokenizerConfig.get("tokenizer_class"))
                .map(name -> name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name);
    }

    /** The text of a special token such as {@code bos_token}. */
    Optional<String> token(String role) {
        JsonElement own = tokenizerConfig.get(role);
        if (own == null) {
            own = specialTokensMap.get(role);
        }
        if (own == null) {
            return tokenizerClass().map(REBUILDING::get).map(defaults -> defaults.get(role));
        }
        // Either the text itself or an object that describes the token.
        return own.isJsonObject() ? string(own.getAsJsonObject().get("content")) : string(own);
    }

    /** The texts of all special tokens the configuration names. */
    Set<String> all() {
        Set<String> all = new LinkedHashSet<>();
        ROLES.forEach(role -> token(role).ifPresent(all::add));
        for (JsonObject source : List.of(tokenizerConfig, specialTokensMap)) {
            JsonElement more = source.get("additional_special_tokens");
            if (more != null && more.isJsonArray()) {
                for (JsonElement token : more.getAsJsonArray()) {
                    string(token.isJsonObject() ? token.getAsJsonObject().get("content") : token)
                            .ifPresent(all::add);
                }
            }
        }
        return all;
    }

    /** Whether the tokenizer's class decides about added tokens instead of its file. */
    boolean replacesPostProcessor() {
        return tokenizerClass().filter(REBUILDING::containsKey).isPresent();
    }

    /** A configured switch such as {@code add_bos_token}. */
    boolean flag(String name, boolean byDefault) {
        JsonElement value = tokenizerConfig.get(name);
        if (value == null || !value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            return byDefault;
        }
        return value.getAsBoolean();
    }

    OptionalInt id(String role, Vocabulary vocabulary) {
        if (tokenizerConfig.has(role) || token(role).isPresent()) {
            return token(role).map(vocabulary::rawId).orElse(OptionalInt.empty());
        }
        return configured(role + "_id").stream().filter(id -> id < vocabulary.size()).findFirst();
    }

    /** Ids after which generation stops. */
    ImmutableIntArray eos(Vocabulary vocabulary) {
        ImmutableIntArray ids = configured("eos_token_id");
        if (!ids.isEmpty()) {
            return ids;
        }
        OptionalInt id = id("eos_token", vocabulary);
        return id.isPresent() ? ImmutableIntArray.of(id.getAsInt()) : ImmutableIntArray.of();
    }

    /** One id or a list of ids, from the first file that has the key. */
    private ImmutableIntArray configured(String key) {
        for (JsonObject config : modelConfigs) {
            JsonElement value = config.get(key);
            if (value == null || value.isJsonNull()) {
                continue;
            }
            JsonArray list = new JsonArray();
            if (value.isJsonArray()) {
                list = value.getAsJsonArray();
            } else {
                list.add(value);
            }
            ImmutableIntArray.Builder ids = ImmutableIntArray.builder();
            for (JsonElement id : list) {
                if (isNumber(id)) {
                    OptionalInt known = tokenId(key, id.getAsString());
                    known.ifPresent(ids::add);
                }
            }
            return ids.build();
        }
        return ImmutableIntArray.of();
    }

    /** A number as an id; some checkpoints write -1 for "none". */
    private static OptionalInt tokenId(String key, String number) {
        if (!number.matches("-?\\d{1,9}")) {
            throw new TokenizerFormatException(
                    "the configuration says "
                            + key
                            + " = "
                            + number
                            + "; token ids are whole numbers of at most 9 digits");
        }
        int id = Integer.parseInt(number);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    private static boolean isNumber(JsonElement element) {
        return element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber();
    }

    private static Optional<String> string(JsonElement element) {
        return element != null
                        && element.isJsonPrimitive()
                        && element.getAsJsonPrimitive().isString()
                ? Optional.of(element.getAsString())
                : Optional.empty();
    }
}
