package dev.patchscopes.model;

import com.google.gson.JsonPrimitive;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Random;

/** A small random GPT-2 whose vocabulary is a byte-level tokenizer's. */
final class TextModel {
    static final int VOCABULARY = 283;

    private TextModel() {}

    /** Writes the checkpoint, tokenizer included; token 281 ends a text. */
    static void writeTo(Path directory) {
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        float[] table = new float[VOCABULARY * 48];
        Random random = new Random(71);
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) random.nextGaussian() * 0.3f;
        }
        copy.with("transformer.wte.weight", table, VOCABULARY, 48)
                .config("vocab_size", new JsonPrimitive(VOCABULARY))
                .config("eos_token_id", new JsonPrimitive(281))
                .file(tokenizer())
                .write();
    }

    private static Path tokenizer() {
        try {
            return Path.of(
                    TextModel.class
                            .getResource("/dev/patchscopes/text/byte-level/tokenizer.json")
                            .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static HookedModel exact(Path directory) {
        return HookedModel.loader(directory).computeType(ComputeType.FLOAT64).name("tiny").load();
    }
}
