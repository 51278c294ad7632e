package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the cells of a sweep share with their base runs: residuals, and keys and values.
 *
 * <p>Where cells go through the blocks together with their base run, they need only those of the
 * layer and block at hand; kept longer is what later passes need. Owned by the manager it was made
 * with.
 */
final class BaseStates {
    private final NDManager owner;
    private final Set<Integer> lasting = new HashSet<>();
    private final Map<Key, NDArray> residuals = new HashMap<>(); // [1, pos, d_model]
    private final Map<Key, NDArray> keys = new HashMap<>(); // [1, kv_head, pos, d_head]
    private final Map<Key, NDArray> values = new HashMap<>();

    private record Key(int base, int index) {}

    BaseStates(NDManager owner) {
        this.owner = owner;
    }

    /** Keeps what is put of a base for good. */
    void keepAllOf(int base) {
        lasting.add(base);
    }

    /** Whether a base's keys and values in a block are there and stay there. */
    boolean isKept(int base, int block) {
        return lasting.contains(base) && keys.containsKey(new Key(base, block));
    }

    /** Takes a base's residual at a layer, [1, pos, d_model]; a view that lives as its manager. */
    void putResidual(int base, int layer, NDArray view) {
        put(residuals, new Key(base, layer), view);
    }

    /** Takes a base's keys and values in a block, [1, kv_head, pos, d_head]; likewise. */
    void putKeysAndValues(int base, int block, NDArray k, NDArray v) {
        put(keys, new Key(base, block), k);
        put(values, new Key(base, block), v);
    }

    private void put(Map<Key, NDArray> all, Key key, NDArray view) {
        NDArray kept = view;
        if (lasting.contains(key.base())) {
            kept = view.duplicate();
            kept.attach(owner);
        }
        all.put(key, kept);
    }

    /** A base's tokens {@code from..to-1} at a layer, [1, pos, d_model]; a view. */
    NDArray residual(int base, int layer, int from, int to) {
        return Tensors.slice(residuals.get(new Key(base, layer)), 1, from, to);
    }

    /** Keys of a base's tokens {@code from..to-1}, [1, kv_head, pos, d_head]; a view. */
    NDArray keys(int base, int block, int from, int to) {
        return Tensors.slice(keys.get(new Key(base, block)), 2, from, to);
    }

    /** Values of a base's tokens {@code from..to-1}, [1, kv_head, pos, d_head]; a view. */
    NDArray values(int base, int block, int from, int to) {
        return Tensors.slice(values.get(new Key(base, block)), 2, from, to);
    }
}
