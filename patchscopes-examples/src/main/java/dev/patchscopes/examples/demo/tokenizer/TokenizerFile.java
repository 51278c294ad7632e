package dev.patchscopes.examples.demo.tokenizer;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;

/** The {@code tokenizer.json} of a byte-level tokenizer. */
final class TokenizerFile {

    private static final Gson GSON =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

    /** {@code <s>} goes before a text and before the second of a pair. */
    private static final String BEGINNING =
            """
            {
              "type": "TemplateProcessing",
              "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}}
              ],
              "pair": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<s>", "type_id": 1}},
                {"Sequence": {"id": "B", "type_id": 1}}
              ],
              "special_tokens": {"<s>": {"id": "<s>", "ids": [%d], "tokens": ["<s>"]}}
            }"""
                    .formatted(BytePairTokenizer.BOS);

    private TokenizerFile() {}

    /**
     * @param pieces of the bytes and the merges, in the stand-ins of {@link ByteAlphabet}
     */
    static String json(List<String> pieces, List<Merge> merges) {
        JsonObject file = new JsonObject();
        file.addProperty("version", "1.0");
        file.add("truncation", JsonNull.INSTANCE);
        file.add("padding", JsonNull.INSTANCE);
        file.add("added_tokens", specialTokens());
        file.add("normalizer", JsonNull.INSTANCE);
        file.add("pre_tokenizer", words());
        file.add("post_processor", JsonParser.parseString(BEGINNING));
        file.add("decoder", byteLevel());
        file.add("model", model(pieces, merges));
        return GSON.toJson(file) + "\n";
    }

    private static JsonArray specialTokens() {
        JsonArray tokens = new JsonArray();
        for (int id = 0; id < BytePairTokenizer.FIRST_BYTE; id++) {
            JsonObject token = new JsonObject();
            token.addProperty("id", id);
            token.addProperty("content", BytePairTokenizer.SPECIAL.get(id));
            for (String off : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                token.addProperty(off, false);
            }
            token.addProperty("special", true);
            tokens.add(token);
        }
        return tokens;
    }

    private static JsonElement words() {
        JsonObject regex = new JsonObject();
        regex.addProperty("Regex", WordSplitter.PATTERN);
        JsonObject split = new JsonObject();
        split.addProperty("type", "Split");
        split.add("pattern", regex);
        split.addProperty("behavior", "Isolated");
        split.addProperty("invert", false);
        JsonArray steps = new JsonArray();
        steps.add(split);
        steps.add(byteLevel());
        JsonObject sequence = new JsonObject();
        sequence.addProperty("type", "Sequence");
        sequence.add("pretokenizers", steps);
        return sequence;
    }

    /** Bytes to stand-ins and back; the words are cut already. */
    private static JsonObject byteLevel() {
        JsonObject step = new JsonObject();
        step.addProperty("type", "ByteLevel");
        step.addProperty("add_prefix_space", false);
        step.addProperty("trim_offsets", false);
        step.addProperty("use_regex", false);
        return step;
    }

    private static JsonObject model(List<String> pieces, List<Merge> merges) {
        JsonObject vocabulary = new JsonObject();
        for (int id = 0; id < BytePairTokenizer.FIRST_BYTE; id++) {
            vocabulary.addProperty(BytePairTokenizer.SPECIAL.get(id), id);
        }
        for (int i = 0; i < pieces.size(); i++) {
            vocabulary.addProperty(pieces.get(i), BytePairTokenizer.FIRST_BYTE + i);
        }
        JsonArray rules = new JsonArray();
        merges.forEach(m -> rules.add(pieces.get(m.left()) + " " + pieces.get(m.right())));
        JsonObject model = new JsonObject();
        model.addProperty("type", "BPE");
        model.add("dropout", JsonNull.INSTANCE);
        model.add("unk_token", JsonNull.INSTANCE);
        model.add("continuing_subword_prefix", JsonNull.INSTANCE);
        model.add("end_of_word_suffix", JsonNull.INSTANCE);
        model.addProperty("fuse_unk", false);
        model.addProperty("byte_fallback", false);
        model.add("vocab", vocabulary);
        model.add("merges", rules);
        return model;
    }
}
