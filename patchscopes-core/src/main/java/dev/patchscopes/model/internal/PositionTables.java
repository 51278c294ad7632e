package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The positions of a pass's columns, in the form the model takes them. */
final class PositionTables {
    private final List<Rotation> variants = new ArrayList<>();
    private final List<Integer> variantOfBlock;
    private final Optional<NDArray> learnedRows;

    private PositionTables(List<Integer> variantOfBlock, Optional<NDArray> learnedRows) {
        this.variantOfBlock = variantOfBlock;
        this.learnedRows = learnedRows;
    }

    static PositionTables of(
            NDManager manager, Tensors ops, ArchitectureSpec spec, Columns columns) {
        Optional<NDArray> learned = learnedRows(manager, ops, spec, columns);
        if (learned.isPresent()) {
            return new PositionTables(List.of(), learned);
        }
        if (spec.positions() instanceof PositionSpec.Rotary rotary) {
            PositionTables tables = new PositionTables(rotary.variantOfBlock(), Optional.empty());
            for (ArchitectureSpec.RotaryVariant variant : rotary.variants()) {
                tables.variants.add(rotation(manager, ops, rotary, variant, columns));
            }
            return tables;
        }
        return new PositionTables(List.of(), Optional.empty());
    }

    /** Rows of the learned table, [batch or 1, pos], in models that have one. */
    static Optional<NDArray> learnedRows(
            NDManager manager, Tensors ops, ArchitectureSpec spec, Columns columns) {
        return spec.positions() instanceof PositionSpec.Learned learned
                ? Optional.of(rows(manager, ops, columns, learned.offset()))
                : Optional.empty();
    }

    /** Whether prompts that end at two positions turn the tokens they share differently. */
    static boolean dependOnLength(ArchitectureSpec spec, long lastPosition, long otherLast) {
        if (!(spec.positions() instanceof PositionSpec.Rotary rotary)) {
            return false;
        }
        int one = Math.toIntExact(lastPosition + 1);
        int other = Math.toIntExact(otherLast + 1);
        return rotary.variants().stream()
                .map(variant -> RotaryFrequencies.of(variant, rotary.dims()))
                .anyMatch(f -> !Arrays.equals(f.inverse(one), f.inverse(other)));
    }

    /** Rotation of a block's queries and keys. */
    Optional<Rotation> rotation(int block) {
        return variantOfBlock.isEmpty()
                ? Optional.empty()
                : Optional.of(variants.get(variantOfBlock.get(block)));
    }

    /** Rows of the learned table, [batch or 1, pos]. */
    Optional<NDArray> learnedRows() {
        return learnedRows;
    }

    private static NDArray rows(NDManager manager, Tensors ops, Columns columns, int offset) {
        int rows = columns.sharedPositions() ? 1 : columns.rows();
        long[] ids = new long[rows * columns.count()];
        for (int row = 0; row < rows; row++) {
            for (int c = 0; c < columns.count(); c++) {
                ids[row * columns.count() + c] = columns.positionIds(row)[c] + offset;
            }
        }
        return ops.fromLongs(manager, ids, new Shape(rows, columns.count()));
    }

    private static double[] table(
            PositionSpec.Rotary rotary,
            RotaryFrequencies frequencies,
            Columns columns,
            int row,
            boolean cosine) {
        long[] ids = columns.positionIds(row);
        int length = columns.sequenceLength(row);
        if (!rotary.float32Tables()) {
            return frequencies.table(ids, length, cosine);
        }
        double[] inverse = frequencies.inverse(length);
        float[] angles = new float[ids.length * inverse.length];
        for (int i = 0; i < angles.length; i++) {
            angles[i] = (float) ids[i / inverse.length] * (float) inverse[i % inverse.length];
        }
        return Tensors.float32Trigonometry(angles, cosine);
    }

    private static Rotation rotation(
            NDManager manager,
            Tensors ops,
            PositionSpec.Rotary rotary,
            ArchitectureSpec.RotaryVariant variant,
            Columns columns) {
        RotaryFrequencies frequencies = RotaryFrequencies.of(variant, rotary.dims());
        int rows = columns.sharedPositions() ? 1 : columns.rows();
        int count = columns.count();
        int dims = rotary.dims();
        double[] cosines = new double[rows * count * dims];
        double[] sines = new double[rows * count * dims];
        for (int row = 0; row < rows; row++) {
            double[] cos = table(rotary, frequencies, columns, row, true);
            double[] sin = table(rotary, frequencies, columns, row, false);
            for (int c = 0; c < count; c++) {
                for (int pair = 0; pair < dims / 2; pair++) {
                    int first = rotary.interleaved() ? 2 * pair : pair;
                    int second = rotary.interleaved() ? first + 1 : pair + dims / 2;
                    int at = (row * count + c) * dims;
                    int angle = c * (dims / 2) + pair;
                    cosines[at + first] = cos[angle];
                    cosines[at + second] = cos[angle];
                    sines[at + first] = -sin[angle];
                    sines[at + second] = sin[angle];
                }
            }
        }
        Shape shape = new Shape(rows, count, 1, dims);
        return new Rotation(
                ops.fromDoubles(manager, cosines, shape),
                ops.fromDoubles(manager, sines, shape),
                rotary.interleaved());
    }
}
