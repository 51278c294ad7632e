package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads next-token distributions of last residuals, no more at a time than memory likes. */
final class SweepReader {
    private final ModelRuntime runtime;
    private final int most;

    /**
     * @param most rows unembedded at once
     */
    SweepReader(ModelRuntime runtime, int most) {
        this.runtime = runtime;
        this.most = most;
    }

    /**
     * Reads rows.
     *
     * @param residuals [1, rows, d_model]
     */
    List<ReadValue> read(NDManager scope, NDArray residuals, Reading reading) {
        List<ReadValue> values = new ArrayList<>();
        Tensors ops = runtime.ops();
        Pass pass =
                new Pass(
                        scope,
                        ops,
                        Taps.NONE,
                        Optional.empty(),
                        (block, projected, p) -> projected.v());
        long count = residuals.getShape().get(1);
        for (long from = 0; from < count; from += most) {
            try (NDManager chunk = scope.newSubManager()) {
                NDArray part = Tensors.slice(residuals, 1, from, Math.min(count, from + most));
                part.attach(chunk);
                if (reading.columns()) {
                    long[] tokens = reading.tokens().stream().asLongStream().toArray();
                    NDArray logits = // [1, rows, token]
                            runtime.transformer().logits(part, tokens, pass);
                    values.addAll(ReadValue.ofColumns(logits));
                } else {
                    NDArray logits = runtime.transformer().logits(part, pass);
                    values.addAll(ReadValue.all(ops, logits, reading)); // [1, rows, d_vocab]
                }
            }
        }
        return values;
    }
}
