package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/** Queries, keys and values of a pass's positions, before rotation. */
sealed interface Projected {

    /** Values [batch, pos, kv_head, d_head]. */
    NDArray v();

    /** Queries and keys after rotation. */
    QueriesAndKeys rotated(Tensors ops, Optional<Rotation> rotation, long heads);

    /** Some of the batch's rows laid out anew, [rows, pos, ...]; for one row of many positions. */
    Projected window(long from, long to, long rows);

    /**
     * Queries and keys as they are compared.
     *
     * @param q [batch, pos, head, d_head]
     * @param k [batch, pos, kv_head, d_head]
     */
    record QueriesAndKeys(NDArray q, NDArray k) {}

    /**
     * Queries and keys side by side, to be rotated in one go.
     *
     * @param qk [batch, pos, head + kv_head, d_head]
     * @param v [batch, pos, kv_head, d_head]
     */
    record Together(NDArray qk, NDArray v) implements Projected {
        @Override
        public QueriesAndKeys rotated(Tensors ops, Optional<Rotation> rotation, long heads) {
            NDArray turned = rotation.isPresent() ? rotation.get().apply(ops, qk) : qk;
            long keyValueHeads = turned.getShape().get(2) - heads;
            NDArray[] cut = Tensors.cut(turned, 2, heads, keyValueHeads);
            return new QueriesAndKeys(cut[0], cut[1]);
        }

        @Override
        public Projected window(long from, long to, long rows) {
            return new Together(part(qk, from, to, rows), part(v, from, to, rows));
        }
    }

    /**
     * Queries and keys on their own.
     *
     * @param q [batch, pos, head, d_head]
     * @param k [batch, pos, kv_head, d_head]
     * @param v [batch, pos, kv_head, d_head]
     */
    record Apart(NDArray q, NDArray k, NDArray v) implements Projected {
        @Override
        public QueriesAndKeys rotated(Tensors ops, Optional<Rotation> rotation, long heads) {
            return rotation.isPresent()
                    ? new QueriesAndKeys(rotation.get().apply(ops, q), rotation.get().apply(ops, k))
                    : new QueriesAndKeys(q, k);
        }

        @Override
        public Projected window(long from, long to, long rows) {
            return new Apart(
                    part(q, from, to, rows), part(k, from, to, rows), part(v, from, to, rows));
        }
    }

    private static NDArray part(NDArray x, long from, long to, long rows) {
        try (NDArray own = Tensors.slice(x, 1, from, to)) {
            return Tensors.reshape(
                    own, rows, (to - from) / rows, x.getShape().get(2), x.getShape().get(3));
        }
    }
}
