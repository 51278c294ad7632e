package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Keys and values of the tokens that each cell of a group has to itself, for generation: allocated
 * once for the longest continuation. Owned by the manager it was made with.
 */
final class OwnKeyValues {
    private final NDManager owner;
    private final Tensors ops;
    private final NDArray[] keys; // per block [cell, kv_head, capacity, d_head]
    private final NDArray[] values;

    OwnKeyValues(NDManager owner, ArchitectureSpec spec, Tensors ops, int cells, int capacity) {
        this.owner = owner;
        this.ops = ops;
        ArchitectureSpec.AttentionSpec attention = spec.attention();
        Shape shape = new Shape(cells, attention.keyValueHeads(), capacity, attention.headWidth());
        keys = new NDArray[spec.layers()];
        values = new NDArray[spec.layers()];
        for (int b = 0; b < keys.length; b++) {
            keys[b] = owner.create(shape, ops.type());
            values[b] = owner.create(shape, ops.type());
        }
    }

    /**
     * Writes the keys and values of some cells' current tokens.
     *
     * @param from first cell
     * @param cells number of cells
     * @param at first of their own positions
     * @param k [cell or 1, kv_head, pos, d_head]
     * @param v same
     */
    void write(int block, int from, int cells, int at, NDArray k, NDArray v) {
        write(keys[block], from, cells, at, k);
        write(values[block], from, cells, at, v);
    }

    private static void write(NDArray target, int from, int cells, int at, NDArray own) {
        Shape shape = target.getShape();
        Tensors.write(
                target,
                own,
                new long[] {from, 0, at, 0},
                new long[] {
                    from + (long) cells, shape.get(1), at + own.getShape().get(2), shape.get(3)
                });
    }

    /** The keys and values of the first cells' first positions, as views in a manager. */
    KeyValueStore.KeyValues first(int block, int cells, int positions, NDManager manager) {
        return new KeyValueStore.KeyValues(
                first(keys[block], cells, positions, manager),
                first(values[block], cells, positions, manager));
    }

    private static NDArray first(NDArray all, int cells, int positions, NDManager manager) {
        try (NDArray rows = Tensors.slice(all, 0, 0, cells)) {
            NDArray view = Tensors.slice(rows, 2, 0, positions);
            view.attach(manager);
            return view;
        }
    }

    /** Drops all cells but some. */
    void keep(long[] cells) {
        try (NDArray ids = ops.fromLongs(owner, cells, new Shape(cells.length))) {
            for (int b = 0; b < keys.length; b++) {
                keys[b] = rows(keys[b], ids);
                values[b] = rows(values[b], ids);
            }
        }
    }

    private NDArray rows(NDArray all, NDArray ids) {
        Shape shape = all.getShape();
        long width = shape.size() / shape.get(0);
        try (all;
                NDArray table = Tensors.reshape(all, shape.get(0), width);
                NDArray kept = Tensors.embedding(ids, table)) {
            NDArray shaped =
                    Tensors.reshape(kept, ids.size(), shape.get(1), shape.get(2), shape.get(3));
            shaped.attach(owner);
            return shaped;
        }
    }
}
