package dev.patchscopes.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.text.Normalizer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Refuses tokenizers that would end the process.
 *
 * <p>The native library reports most of what is wrong with a file as an error, but meets some of it
 * with a panic, and a panic ends the virtual machine, not at once but at the text that brings it
 * about. What is known to do so is checked here, before the library sees the file.
 */
final class TokenizerHazards {

    private static final List<String> SECTIONS =
            List.of("normalizer", "pre_tokenizer", "post_processor", "decoder");

    /** Normalizers that can take away spaces, marks and what has no form, but no letters. */
    /** What no step takes for a space, a control character or an accent. */
    private static final Pattern VISIBLE = Pattern.compile("[!-~\\p{L}\\p{N}\\p{P}\\p{S}]");

    private static final Set<String> REMOVING =
            Set.of("Strip", "StripAccents", "BertNormalizer", "Nmt");

    private final String file;
    private final TokenizerJson json;

    private TokenizerHazards(String file, TokenizerJson json) {
        this.file = file;
        this.json = json;
    }

    /**
     * Checks a tokenizer.
     *
     * @throws TokenizerFormatException naming {@code file}, if the native library could not survive
     *     it
     */
    static void refuse(String file, TokenizerJson json) {
        TokenizerHazards hazards = new TokenizerHazards(file, json);
        for (String section : SECTIONS) {
            hazards.check(section, json.section(section));
        }
        hazards.checkNumbers(json.section("post_processor"));
        hazards.checkMerges();
        hazards.checkAddedTokens();
    }

    private void check(String section, JsonElement element) {
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(child -> check(section, child));
        } else if (element.isJsonObject()) {
            JsonObject object = element.getAsJsonObject();
            checkStep(section, object);
            object.entrySet()
                    .forEach(
                            entry -> {
                                checkText(section, entry.getKey());
                                check(section, entry.getValue());
                            });
        } else if (element.isJsonPrimitive()) {
            checkText(section, element.getAsString());
            if (element.getAsJsonPrimitive().isNumber()
                    && Double.isInfinite(element.getAsDouble())) {
                throw bad(section, "has the number " + element + ", which is out of range");
            }
        }
    }

    /** JSON may spell one half of a pair of surrogates, but no text of Unicode has one. */
    private void checkText(String section, String text) {
        if (!CodePoints.wellFormed(text).equals(text)) {
            throw bad(section, "has half a character in the text " + Quoting.quoteShort(text));
        }
    }

    /** The library goes by the fields where the type is missing, and so does this. */
    private void checkStep(String section, JsonObject step) {
        if (is(step, "Precompiled") || step.has("precompiled_charsmap")) {
            String table =
                    text(step.get("precompiled_charsmap"))
                            .orElseThrow(
                                    () -> bad(section, "has no text as its precompiled_charsmap"));
            PrecompiledCharsmap.problem(table)
                    .ifPresent(
                            problem -> {
                                throw bad(section, "has a precompiled_charsmap that " + problem);
                            });
        }
        text(step.get("Regex"))
                .flatMap(
                        regex ->
                                RegexEffort.problem(regex)
                                        .map(p -> Quoting.quoteShort(regex) + ", which " + p))
                .ifPresent(
                        problem -> {
                            throw bad(section, "has the regular expression " + problem);
                        });
        checkTemplate(section, step);
        if (is(step, "FixedLength") && !isWhole(step.get("length"), 1)) {
            throw bad(section, "cuts at a length of " + step.get("length"));
        }
        if (section.equals("decoder") && step.has("stop") && !isWhole(step.get("stop"), 0, 0)) {
            throw bad(
                    section,
                    "strips characters from the end of tokens (stop = "
                            + step.get("stop")
                            + "), which fails on shorter tokens; only 0 is supported");
        }
        if (step.has("ids")
                && step.has("tokens")
                && !(step.get("ids").isJsonArray()
                        && step.get("tokens").isJsonArray()
                        && step.getAsJsonArray("ids").size()
                                == step.getAsJsonArray("tokens").size())) {
            throw bad(section, "has a special token with other numbers of ids and of tokens");
        }
    }

    /** Every special token that a template uses must be described, under its own name. */
    private void checkTemplate(String section, JsonObject step) {
        JsonElement described = step.get("special_tokens");
        for (String template : List.of("single", "pair")) {
            JsonElement pieces = step.get(template);
            if (pieces == null || !pieces.isJsonArray()) {
                continue;
            }
            for (JsonElement piece : pieces.getAsJsonArray()) {
                JsonElement special =
                        piece.isJsonObject() ? piece.getAsJsonObject().get("SpecialToken") : null;
                if (special == null || !special.isJsonObject()) {
                    continue;
                }
                Optional<String> id = text(special.getAsJsonObject().get("id"));
                if (id.isPresent()
                        && !(described != null
                                && described.isJsonObject()
                                && described.getAsJsonObject().get(id.get())
                                        instanceof JsonObject token
                                && text(token.get("id")).equals(id))) {
                    throw bad(
                            section,
                            "uses the special token "
                                    + Quoting.quoteShort(id.get())
                                    + " without describing it");
                }
            }
        }
    }

    /** Ids that a post-processor adds come back as tokens, whatever the vocabulary says. */
    private void checkNumbers(JsonElement element) {
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(this::checkNumbers);
        } else if (element.isJsonObject()) {
            element.getAsJsonObject().entrySet().forEach(e -> checkNumbers(e.getValue()));
        } else if (element.isJsonPrimitive()
                && element.getAsJsonPrimitive().isNumber()
                && !isWhole(element, 0)) {
            throw bad("post_processor", "has the id " + element);
        }
    }

    /** The second half of a merge is cut by the length of the prefix, whether it has it or not. */
    private void checkMerges() {
        String prefix = text(json.model().get("continuing_subword_prefix")).orElse("");
        if (prefix.isEmpty()) {
            return;
        }
        int cut = prefix.codePointCount(0, prefix.length());
        for (String second : Merges.secondHalves(file, json)) {
            int bytes = 0;
            for (int i = 0; bytes < cut && i < second.length(); ) {
                int point = second.codePointAt(i);
                bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
                i += Character.charCount(point);
            }
            if (bytes != cut) {
                throw bad(
                        "model",
                        "merges "
                                + Quoting.quoteShort(second)
                                + ", which is too short for the continuing_subword_prefix "
                                + Quoting.quoteShort(prefix));
            }
        }
    }

    /** A token that its normalizer makes empty is found inside characters, and cuts them apart. */
    private void checkAddedTokens() {
        JsonElement section = json.section("added_tokens");
        if (!section.isJsonArray() || json.section("normalizer").isJsonNull()) {
            return;
        }
        for (JsonElement element : section.getAsJsonArray()) {
            JsonObject token = element.getAsJsonObject();
            String content = token.get("content").getAsString();
            boolean normalized =
                    !token.has("normalized")
                            || !token.get("normalized").isJsonPrimitive()
                            || token.get("normalized").getAsBoolean();
            if (normalized && !content.isEmpty()) {
                if (left(content, json.section("normalizer")).isEmpty()) {
                    throw bad(
                            "added_tokens",
                            "has the token "
                                    + Quoting.quoteShort(content)
                                    + ", of which the normalizer may leave nothing; make it"
                                    + " \"normalized\": false");
                }
            }
        }
    }

    /** What surely is left of a text after all steps of a normalizer that take away. */
    private static String left(String text, JsonElement normalizer) {
        String left = text;
        if (normalizer.isJsonArray()) {
            for (JsonElement child : normalizer.getAsJsonArray()) {
                left = left(left, child);
            }
        } else if (normalizer.isJsonObject()) {
            JsonObject step = normalizer.getAsJsonObject();
            JsonElement nested = step.get("normalizers");
            if (nested != null) {
                left = left(left, nested);
            }
            if (is(step, "Precompiled") || step.has("precompiled_charsmap")) {
                String table = text(step.get("precompiled_charsmap")).orElse("");
                if (!PrecompiledCharsmap.keepsAll(table, left)) {
                    left = left.replaceAll("[^!-~]", "");
                }
            } else if (step.has("strip_left")
                    || step.has("clean_text")
                    || REMOVING.stream().anyMatch(type -> is(step, type))) {
                left = visible(left);
            }
            if (text(step.get("content")).filter(String::isEmpty).isPresent()) {
                left = without(left, step.get("pattern"));
            }
        }
        return left;
    }

    /** The characters that are more than marks and spaces, in whatever form of Unicode. */
    private static String visible(String text) {
        return text.codePoints()
                .filter(
                        point ->
                                VISIBLE.matcher(
                                                Normalizer.normalize(
                                                        Character.toString(point),
                                                        Normalizer.Form.NFKD))
                                        .find())
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** A text without what matches; nothing if it cannot be told. */
    private static String without(String text, JsonElement pattern) {
        JsonObject kinds =
                pattern != null && pattern.isJsonObject()
                        ? pattern.getAsJsonObject()
                        : new JsonObject();
        Optional<String> literal = text(kinds.get("String"));
        if (literal.isPresent()) {
            return literal.get().isEmpty() ? text : text.replace(literal.get(), "");
        }
        Optional<String> regex = text(kinds.get("Regex"));
        if (regex.isEmpty() || text.length() > 1000) {
            return "";
        }
        try {
            return Pattern.compile(regex.get()).matcher(text).replaceAll("");
        } catch (PatternSyntaxException e) {
            return "";
        }
    }

    private static boolean is(JsonObject step, String type) {
        return text(step.get("type")).filter(type::equals).isPresent();
    }

    private static boolean isWhole(JsonElement value, int least) {
        return isWhole(value, least, TokenizerJson.MAX_ID);
    }

    private static boolean isWhole(JsonElement value, int least, int most) {
        if (value == null || !value.isJsonPrimitive() || !value.getAsString().matches("\\d{1,9}")) {
            return false;
        }
        int number = value.getAsInt();
        return number >= least && number <= most;
    }

    private static Optional<String> text(JsonElement element) {
        return element != null
                        && element.isJsonPrimitive()
                        && element.getAsJsonPrimitive().isString()
                ? Optional.of(element.getAsString())
                : Optional.empty();
    }

    private TokenizerFormatException bad(String section, String why) {
        return new TokenizerFormatException(
                file + " cannot be used safely: its " + section + " " + why);
    }
}
