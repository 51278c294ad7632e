package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Keys and values of a generation, allocated once for its longest length.
 *
 * <p>Every block appends at the same offset during a pass; {@link #advance} moves the offset after
 * it. Owned by the manager it was made with.
 */
final class KvCache implements KeyValueStore {
    private final NDArray[] keys; // per block [batch, kv_head, capacity, d_head]
    private final NDArray[] values;
    private int length;

    KvCache(NDManager owner, ArchitectureSpec spec, Tensors ops, int rows, int capacity) {
        ArchitectureSpec.AttentionSpec attention = spec.attention();
        Shape shape = new Shape(rows, attention.keyValueHeads(), capacity, attention.headWidth());
        keys = new NDArray[spec.layers()];
        values = new NDArray[spec.layers()];
        for (int b = 0; b < keys.length; b++) {
            keys[b] = owner.create(shape, ops.type());
            values[b] = owner.create(shape, ops.type());
        }
    }

    /** Keys of a block, [batch, kv_head, capacity, d_head]. */
    NDArray keys(int block) {
        return keys[block];
    }

    /** Values of a block, [batch, kv_head, capacity, d_head]. */
    NDArray values(int block) {
        return values[block];
    }

    /** Positions held. */
    int length() {
        return length;
    }

    /** Makes the positions appended by the last pass part of the past. */
    void advance(int positions) {
        length += positions;
    }

    @Override
    public KeyValues extend(int block, NDArray newKeys, NDArray newValues) {
        return new KeyValues(append(keys[block], newKeys), append(values[block], newValues));
    }

    private NDArray append(NDArray all, NDArray current) {
        Shape shape = all.getShape();
        int end = length + Math.toIntExact(current.getShape().get(1));
        try (NDArray headFirst =
                Tensors.transpose(current, 1, 2)) { // [batch, kv_head, pos, d_head]
            Tensors.write(
                    all,
                    headFirst,
                    new long[] {0, 0, length, 0},
                    new long[] {shape.get(0), shape.get(1), end, shape.get(3)});
        }
        NDArray view = Tensors.slice(all, 2, 0, end);
        view.attach(current.getManager());
        return view;
    }
}
