package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/** Reads next-token distributions of last residuals, no more at a time than memory likes. */
final class SweepReader {
    private final ModelRuntime runtime;
    private final int most;
    private final boolean checkFinite;

    /**
     * @param most rows unembedded at once
     * @param checkFinite whether to stop where values are not finite
     */
    SweepReader(ModelRuntime runtime, int most, boolean checkFinite) {
        this.runtime = runtime;
        this.most = most;
        this.checkFinite = checkFinite;
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
     * @param cells the cell of a row, by its place in the sweep
     */
    List<ReadValue> read(
            NDManager scope, NDArray residuals, Reading reading, IntUnaryOperator cells) {
        List<ReadValue> values = new ArrayList<>();
        read(scope, residuals, reading, cells, (row, value) -> values.add(value));
        return values;
    }

    /**
     * Reads rows, and hands them on as soon as they are read.
     *
     * @param residuals [1, rows, d_model]
     * @param cells the cell of a row, by its place in the sweep
     */
    void read(
            NDManager scope,
            NDArray residuals,
            Reading reading,
            IntUnaryOperator cells,
            Taker taker) {
        int row = 0;
        Tensors ops = runtime.ops();
        long count = residuals.getShape().get(1);
        for (long from = 0; from < count; from += most) {
            List<ReadValue> values;
            Pass pass = pass(scope, from, cells);
            try (NDManager chunk = scope.newSubManager()) {
                NDArray part = Tensors.slice(residuals, 1, from, Math.min(count, from + most));
                part.attach(chunk);
                if (checkFinite) {
                    watch(from, cells).look(HookPoint.residual(layers()), part);
                }
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

    private int layers() {
        return runtime.facts().spec().layers();
    }

    private RowWatch watch(long from, IntUnaryOperator cells) {
        return RowWatch.of(
                Taps.NONE,
                runtime.facts().spec(),
                row -> RowWatch.Owner.cell(cells.applyAsInt(Math.toIntExact(from + row))));
    }

    private Pass pass(NDManager scope, long from, IntUnaryOperator cells) {
        return new Pass(
                scope,
                runtime.ops(),
                checkFinite ? watch(from, cells) : Taps.NONE,
                Optional.empty(),
                (block, projected, p) -> projected.v());
    }
}
