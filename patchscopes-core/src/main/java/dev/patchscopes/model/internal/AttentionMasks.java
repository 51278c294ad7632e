package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is added to the attention scores of a pass: negative infinity where a query may not see a
 * key, and the ALiBi bias in families that have one.
 *
 * <p>Blocks with the same window share one tensor. Used by one thread.
 */
final class AttentionMasks {
    private final NDManager manager;
    private final Tensors ops;
    private final ArchitectureSpec spec;
    private final Columns columns;
    private final Map<Integer, Optional<NDArray>> byWindow = new HashMap<>();

    AttentionMasks(NDManager manager, Tensors ops, ArchitectureSpec spec, Columns columns) {
        this.manager = manager;
        this.ops = ops;
        this.spec = spec;
        this.columns = columns;
    }

    /** Owner of the masks. */
    NDManager manager() {
        return manager;
    }

    /** The columns the masks are for. */
    Columns columns() {
        return columns;
    }

    /**
     * Broadcasts to [batch, head, query_pos, key_pos]; empty where every query sees every key.
     *
     * @param window how many columns back a query sees; 0 is all
     */
    Optional<NDArray> additive(int window) {
        return byWindow.computeIfAbsent(window, this::build);
    }

    private Optional<NDArray> build(int window) {
        Optional<NDArray> hidden = hidden(window);
        if (spec.alibi().isEmpty()) {
            return hidden;
        }
        NDArray bias = alibi(spec.alibi().get()); // [batch or 1, head, 1, key_pos]
        return Optional.of(hidden.map(h -> Tensors.add(bias, h)).orElse(bias));
    }

    private Optional<NDArray> hidden(int window) {
        int total = columns.total();
        boolean windowMatters = window > 0 && total > window;
        if (columns.count() == 1 && !columns.isPadded() && !windowMatters) {
            return Optional.empty();
        }
        int rows = columns.isPadded() ? columns.rows() : 1;
        float[] mask = new float[rows * columns.count() * total];
        int at = 0;
        for (int row = 0; row < rows; row++) {
            for (int query = columns.from(); query < total; query++) {
                for (int key = 0; key < total; key++) {
                    mask[at++] =
                            columns.sees(row, query, key, window) ? 0 : Float.NEGATIVE_INFINITY;
                }
            }
        }
        // [batch or 1, 1, query_pos, key_pos]
        return Optional.of(
                ops.fromFloats(manager, mask, new Shape(rows, 1, columns.count(), total)));
    }

    /** The bias grows with the key's position; what is common to a row of scores cancels. */
    private NDArray alibi(ArchitectureSpec.PositionSpec.Alibi alibi) {
        int heads = spec.attention().heads();
        double factor = alibi.scaled() ? spec.attention().scales().get(0) : 1;
        AlibiSlopes slopes = AlibiSlopes.of(heads, alibi.bfloat16());
        int rows = columns.isPadded() ? columns.rows() : 1;
        int total = columns.total();
        double[] bias = new double[rows * heads * total];
        int at = 0;
        for (int row = 0; row < rows; row++) {
            long[] positions = new long[total];
            for (int key = 0; key < total; key++) {
                positions[key] = Math.max(0, key - columns.start(row));
            }
            for (double value : slopes.bias(positions)) { // [head, key_pos]
                bias[at++] = factor * value;
            }
        }
        return ops.fromDoubles(manager, bias, new Shape(rows, heads, 1, total));
    }
}
