package dev.patchscopes.text;

import com.google.common.collect.ImmutableSet;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds a checkpoint's tokenizer and settles what the native tokenizer is to be told.
 *
 * <p>Three things are changed relative to the file: the post-processor, where the tokenizer's class
 * overrides it ({@link SpecialTokens#replacesPostProcessor()}); named special tokens the file
 * forgot to declare; and offset trimming, which is switched off so that a token's span includes the
 * space its piece begins with.
 *
 * @param json the tokenizer with those changes
 * @param special what the configuration files say
 */
record TokenizerSource(TokenizerJson json, SpecialTokens special) {

    /** Model types whose {@code vocab.json} and {@code merges.txt} are GPT-2's byte-level BPE. */
    private static final ImmutableSet<String> GPT2_STYLE =
            ImmutableSet.of("gpt2", "gpt_neo", "gptj", "opt");

    static TokenizerSource find(Path path) {
        boolean isFile = Files.isRegularFile(path);
        Path parent = path.toAbsolutePath().getParent();
        ModelFiles files = new ModelFiles(isFile && parent != null ? parent : path);
        String name = isFile ? path.getFileName().toString() : "tokenizer.json";
        SpecialTokens special = new SpecialTokens(files);
        if (files.has(name)) {
            String file = files.directory().resolve(name).toString();
            TokenizerJson json = TokenizerJson.parse(file, files.text(name));
            TokenizerHazards.refuse(file, json);
            return of(file, json, special, special.replacesPostProcessor());
        }
        if (files.has("vocab.json") && files.has("merges.txt") && isGpt2Style(files, special)) {
            String file = files.directory().resolve("vocab.json").toString();
            TokenizerJson json = TokenizerJson.parse(file, gpt2Json(files, special));
            TokenizerHazards.refuse(file, json);
            return of(file, json, special, special.flag("add_bos_token", false));
        }
        throw notFound(files);
    }

    private static TokenizerSource of(
            String file, TokenizerJson json, SpecialTokens special, boolean replacePostProcessor) {
        Map<String, JsonElement> changed = new LinkedHashMap<>();
        Map<String, Integer> missing = new LinkedHashMap<>();
        for (String token : special.all()) {
            Integer id = json.vocabulary().get(token);
            if (id != null
                    && json.addedTokens().stream().noneMatch(t -> t.content().equals(token))) {
                missing.put(token, id);
            }
        }
        if (!missing.isEmpty()) {
            changed.put("added_tokens", json.addedTokensWith(missing));
        }
        if (replacePostProcessor) {
            changed.put("post_processor", template(json, special));
        } else {
            JsonElement untrimmed = json.section("post_processor").deepCopy();
            keepOffsets(untrimmed);
            if (!untrimmed.equals(json.section("post_processor"))) {
                changed.put("post_processor", untrimmed);
            }
        }
        return new TokenizerSource(
                changed.isEmpty() ? json : json.withSections(file, changed), special);
    }

    /** Sets every {@code trim_offsets} to false, in place. */
    private static void keepOffsets(JsonElement element) {
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(TokenizerSource::keepOffsets);
        } else if (element.isJsonObject()) {
            JsonObject object = element.getAsJsonObject();
            if (object.has("trim_offsets")) {
                object.addProperty("trim_offsets", false);
            }
            object.entrySet().forEach(entry -> keepOffsets(entry.getValue()));
        }
    }

    /** The post-processor that adds beginning and end as the configuration's switches say. */
    private static JsonObject template(TokenizerJson json, SpecialTokens special) {
        Optional<String> bos =
                special.token("bos_token").filter(t -> special.flag("add_bos_token", true));
        Optional<String> eos =
                special.token("eos_token").filter(t -> special.flag("add_eos_token", false));
        JsonArray single = new JsonArray();
        JsonArray pair = new JsonArray();
        JsonObject used = new JsonObject();
        for (int type = 0; type < 2; type++) {
            JsonArray half = new JsonArray();
            addSpecial(half, bos, type, used, json);
            half.add(entry("Sequence", type == 0 ? "A" : "B", type));
            addSpecial(half, eos, type, used, json);
            pair.addAll(half);
            if (type == 0) {
                single.addAll(half);
            }
        }
        JsonObject template = new JsonObject();
        template.addProperty("type", "TemplateProcessing");
        template.add("single", single);
        template.add("pair", pair);
        template.add("special_tokens", used);
        return template;
    }

    private static void addSpecial(
            JsonArray target,
            Optional<String> token,
            int type,
            JsonObject used,
            TokenizerJson json) {
        Optional<Integer> id = token.flatMap(json::rawId);
        if (id.isEmpty()) {
            return;
        }
        String content = token.get();
        target.add(entry("SpecialToken", content, type));
        JsonObject description = new JsonObject();
        description.addProperty("id", content);
        description.add("ids", JsonParser.parseString("[" + id.get() + "]"));
        JsonArray tokens = new JsonArray();
        tokens.add(content);
        description.add("tokens", tokens);
        used.add(content, description);
    }

    private static JsonObject entry(String kind, String id, int type) {
        JsonObject inner = new JsonObject();
        inner.addProperty("id", id);
        inner.addProperty("type_id", type);
        JsonObject outer = new JsonObject();
        outer.add(kind, inner);
        return outer;
    }

    private static boolean isGpt2Style(ModelFiles files, SpecialTokens special) {
        JsonElement type = files.object("config.json").get("model_type");
        return special.tokenizerClass()
                .map(name -> name.equals("GPT2Tokenizer"))
                .orElseGet(
                        () ->
                                type != null
                                        && type.isJsonPrimitive()
                                        && GPT2_STYLE.contains(type.getAsString()));
    }

    /** The {@code tokenizer.json} that a GPT-2 style vocabulary and merge list amount to. */
    private static String gpt2Json(ModelFiles files, SpecialTokens special) {
        JsonObject byteLevel = new JsonObject();
        byteLevel.addProperty("type", "ByteLevel");
        byteLevel.addProperty("add_prefix_space", special.flag("add_prefix_space", false));
        byteLevel.addProperty("trim_offsets", false);
        byteLevel.addProperty("use_regex", true);
        JsonArray merges = new JsonArray();
        List<String> lines = files.text("merges.txt").lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            // Only the first line can be a header: "# #" is a merge like any other.
            boolean header = i == 0 && lines.get(i).startsWith("#version");
            if (!header && !lines.get(i).isBlank()) {
                merges.add(lines.get(i));
            }
        }
        JsonObject model = new JsonObject();
        model.addProperty("type", "BPE");
        model.add("vocab", files.object("vocab.json"));
        model.add("merges", merges);
        JsonObject tokenizer = new JsonObject();
        tokenizer.addProperty("version", "1.0");
        tokenizer.add("added_tokens", new JsonArray());
        tokenizer.add("pre_tokenizer", byteLevel);
        tokenizer.add("post_processor", byteLevel);
        tokenizer.add("decoder", byteLevel);
        tokenizer.add("model", model);
        return tokenizer.toString();
    }

    private static TokenizerNotFoundException notFound(ModelFiles files) {
        Path directory = files.directory();
        if (!Files.isDirectory(directory)) {
            return new TokenizerNotFoundException(
                    directory + " is neither a model directory nor a tokenizer.json file.");
        }
        String other =
                Stream.of("tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
                        .filter(files::has)
                        .findFirst()
                        .map(name -> " (there is a " + name + ", which is another format)")
                        .orElse("");
        return new TokenizerNotFoundException(
                ("%s has no tokenizer.json%s. Download tokenizer.json next to the weights, or make"
                                + " it in Python: transformers.AutoTokenizer.from_pretrained(\"%s\")"
                                + ".save_pretrained(\"%s\").")
                        .formatted(directory, other, directory, directory));
    }
}
