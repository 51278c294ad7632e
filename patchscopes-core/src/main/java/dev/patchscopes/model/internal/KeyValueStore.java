package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;

/** Where attention finds the keys and values of all positions up to the current ones. */
interface KeyValueStore {

    /**
     * Adds the current positions and returns all of them.
     *
     * @param block block index
     * @param keys rotated keys of the current positions [batch, pos, kv_head, d_head]
     * @param values values of the current positions, same shape
     */
    KeyValues extend(int block, NDArray keys, NDArray values);

    /**
     * Keys and values as attention uses them.
     *
     * @param keys [batch, kv_head, key_pos, d_head]
     * @param values [batch, kv_head, key_pos, d_head]
     */
    record KeyValues(NDArray keys, NDArray values) {}

    /** Keeps nothing: the current positions are all there are. */
    KeyValueStore NONE =
            (block, keys, values) ->
                    new KeyValues(Tensors.transpose(keys, 1, 2), Tensors.transpose(values, 1, 2));
}
