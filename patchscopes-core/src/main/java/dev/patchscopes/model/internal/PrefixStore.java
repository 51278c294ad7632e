package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * Keeps the keys and values of a prompt's first tokens in some blocks while the prompt is read.
 * Owned by the manager it was made with.
 */
final class PrefixStore implements KeyValueStore {
    private final NDManager owner;
    private final int length;
    private final int fromBlock;
    private final NDArray[] keys; // per block [1, kv_head, pos, d_head]
    private final NDArray[] values;

    /**
     * @param length number of first tokens
     * @param fromBlock first block kept
     * @param toBlock block after the last one
     */
    PrefixStore(NDManager owner, int length, int fromBlock, int toBlock) {
        this.owner = owner;
        this.length = length;
        this.fromBlock = fromBlock;
        this.keys = new NDArray[toBlock - fromBlock];
        this.values = new NDArray[toBlock - fromBlock];
    }

    @Override
    public KeyValues extend(int block, NDArray newKeys, NDArray newValues) {
        if (block >= fromBlock && !isEmpty()) {
            keys[block - fromBlock] = first(newKeys);
            values[block - fromBlock] = first(newValues);
        }
        return NONE.extend(block, newKeys, newValues);
    }

    /** A copy of the first tokens of [1, pos, kv_head, d_head], heads first. */
    private NDArray first(NDArray all) {
        try (NDArray part = Tensors.slice(all, 1, 0, length);
                NDArray headFirst = Tensors.transpose(part, 1, 2);
                NDArray line = Tensors.reshape(headFirst, headFirst.size());
                NDArray own = line.duplicate()) {
            NDArray kept = Tensors.reshape(own, headFirst.getShape().getShape());
            kept.attach(owner);
            return kept;
        }
    }

    /** Number of tokens kept. */
    int length() {
        return length;
    }

    boolean isEmpty() {
        return length == 0;
    }

    /** Keys of a block, [1, kv_head, pos, d_head]. */
    NDArray keys(int block) {
        return keys[block - fromBlock];
    }

    /** Values of a block, [1, kv_head, pos, d_head]. */
    NDArray values(int block) {
        return values[block - fromBlock];
    }
}
