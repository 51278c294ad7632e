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

    /** Takes what was read of a row. */
    @FunctionalInterface
    interface Taker {
        void take(int row, ReadValue value);
    }

    /**
     * Reads rows.
     *
     * @param residuals [1, rows, d_model]
     */
    List<ReadValue> read(NDManager scope, NDArray residuals, Reading reading) {
        List<ReadValue> values = new ArrayList<>();
        read(scope, residuals, reading, (row, value) -> values.add(value));
        return values;
    }

    /**
     * Reads rows, and hands them on as soon as they are read.
     *
     * @param residuals [1, rows, d_model]
     */
    void read(NDManager scope, NDArray residuals, Reading reading, Taker taker) {
        int row = 0;
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
            List<ReadValue> values;
            try (NDManager chunk = scope.newSubManager()) {
                NDArray part = Tensors.slice(residuals, 1, from, Math.min(count, from + most));
                part.attach(chunk);
                if (reading.residual()) {
                    values = ReadValue.ofResiduals(part);
                } else if (reading.columns()) {
                    long[] tokens = reading.tokens().stream().asLongStream().toArray();
                    NDArray logits = // [1, rows, token]
                            runtime.transformer().logits(part, tokens, pass);
                    values = ReadValue.ofColumns(logits);
                } else {
                    NDArray logits = runtime.transformer().logits(part, pass);
                    values = ReadValue.all(ops, logits, reading); // [1, rows, d_vocab]
                }
            }
            for (ReadValue value : values) {
                taker.take(row++, value);
            }
        }
    }
}
