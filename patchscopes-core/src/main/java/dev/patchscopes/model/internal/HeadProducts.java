package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;

/**
 * The two products of attention, for heads that have keys and values of their own and for groups of
 * neighbouring heads that share them.
 */
final class HeadProducts {
    private final long heads;
    private final long keyValueHeads;
    private final long headWidth;

    HeadProducts(ArchitectureSpec.AttentionSpec attention) {
        this.heads = attention.heads();
        this.keyValueHeads = attention.keyValueHeads();
        this.headWidth = attention.headWidth();
    }

    /**
     * Query-key products.
     *
     * @param q [batch, pos, head, d_head]
     * @param keys [batch, kv_head, key_pos, d_head]
     * @return [batch, head, pos, key_pos]
     */
    NDArray scores(NDArray q, NDArray keys) {
        long batch = q.getShape().get(0);
        long pos = q.getShape().get(1);
        long keyPos = keys.getShape().get(2);
        try (NDArray keysLast =
                Tensors.transpose(keys, 2, 3)) { // [batch, kv_head, d_head, key_pos]
            if (heads == keyValueHeads) {
                try (NDArray headFirst = Tensors.transpose(q, 1, 2)) {
                    return Tensors.matmul(headFirst, keysLast);
                }
            }
            long group = heads / keyValueHeads;
            try (NDArray split = Tensors.reshape(q, batch, pos, keyValueHeads, group, headWidth);
                    NDArray grouped = Tensors.permute(split, 0, 2, 3, 1, 4);
                    NDArray rows =
                            Tensors.reshape(grouped, batch, keyValueHeads, group * pos, headWidth);
                    NDArray product = Tensors.matmul(rows, keysLast)) {
                return Tensors.reshape(product, batch, heads, pos, keyPos);
            }
        }
    }

    /**
     * Values mixed by a pattern.
     *
     * @param pattern [batch, head, pos, key_pos]
     * @param values [batch, kv_head, key_pos, d_head]
     * @return [batch, head, pos, d_head]
     */
    NDArray mix(NDArray pattern, NDArray values) {
        if (heads == keyValueHeads) {
            return Tensors.matmul(pattern, values);
        }
        long batch = pattern.getShape().get(0);
        long pos = pattern.getShape().get(2);
        long keyPos = values.getShape().get(2);
        long group = heads / keyValueHeads;
        try (NDArray rows = Tensors.reshape(pattern, batch, keyValueHeads, group * pos, keyPos);
                NDArray product = Tensors.matmul(rows, values)) {
            return Tensors.reshape(product, batch, heads, pos, headWidth);
        }
    }

    /**
     * Products of queries with one key each, the query's own position's.
     *
     * @param q [rows, 1, head, d_head]
     * @param k [rows, kv_head, 1, d_head]
     * @return [rows, head]
     */
    NDArray ownScores(NDArray q, NDArray k) {
        long rows = q.getShape().get(0);
        long group = heads / keyValueHeads;
        try (NDArray queries = Tensors.reshape(q, rows, keyValueHeads, group, headWidth);
                NDArray keys = Tensors.reshape(k, rows, keyValueHeads, 1, headWidth);
                NDArray products = Tensors.mul(queries, keys);
                NDArray sums = Tensors.sum(products, 3)) {
            return Tensors.reshape(sums, rows, heads);
        }
    }

    /**
     * One value each, weighted.
     *
     * @param weights [rows, head]
     * @param v [rows, kv_head, 1, d_head]
     * @return [rows, 1, head, d_head]
     */
    NDArray ownValues(NDArray weights, NDArray v) {
        long rows = v.getShape().get(0);
        long group = heads / keyValueHeads;
        try (NDArray w = Tensors.reshape(weights, rows, keyValueHeads, group, 1);
                NDArray values = Tensors.reshape(v, rows, keyValueHeads, 1, headWidth);
                NDArray products = Tensors.mul(w, values)) {
            return Tensors.reshape(products, rows, 1, heads, headWidth);
        }
    }
}
