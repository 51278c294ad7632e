package dev.patchscopes.model;

import dev.patchscopes.text.TokenBatch;
import java.util.Locale;

/** Words of {@link MemoryAdvice} that several entries share. */
final class MemoryWords {
    private MemoryWords() {}

    /** {@code 4 prompts of up to 2,048 tokens}. */
    static String prompts(TokenBatch batch) {
        int longest = 0;
        for (int row = 0; row < batch.rows(); row++) {
            longest = Math.max(longest, batch.length(row));
        }
        return "%s of %s%s"
                .formatted(
                        count(batch.rows(), "prompt"),
                        batch.rows() == 1 ? "" : "up to ",
                        count(longest, "token"));
    }

    /** {@code 1 token}, {@code 2,048 tokens}. */
    static String count(long number, String thing) {
        return String.format(Locale.ROOT, "%,d %s%s", number, thing, number == 1 ? "" : "s");
    }

    /** {@code " with 12 captures"}, or nothing without any. */
    static String captures(int number) {
        return number == 0 ? "" : " with " + count(number, "capture");
    }

    /** The same of a model in training, which has no float16. */
    static String orSmallerTrainingType(ComputeType type) {
        return type == ComputeType.FLOAT64 ? ", train it in FLOAT32" : "";
    }

    /** What halves all of a model's tensors, where there is a smaller format. */
    static String orSmallerType(ComputeType type) {
        return type == ComputeType.FLOAT16
                ? ""
                : ", load the model in a smaller ComputeType than " + type;
    }
}
