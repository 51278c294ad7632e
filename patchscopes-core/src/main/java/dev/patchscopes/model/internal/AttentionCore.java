package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;

/** The part of attention in which positions meet: from queries, keys and values to mixed values. */
interface AttentionCore {

    /**
     * Mixes values.
     *
     * @param block block index
     * @param projected queries, keys and values of the pass's positions
     * @param pass the pass
     * @return z [batch, pos, head, d_head]
     */
    NDArray mix(int block, Projected projected, Pass pass);
}
