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

    /**
     * The rows of a block's input whose block goes on after attention; all of them, unless a core
     * knows that some are there for their keys and values only. Asked after {@link #mix}, which
     * leaves out the same rows.
     *
     * @param block block index
     * @param x [batch, pos, d_model]
     * @param pass the pass
     * @return x, or some of its positions
     */
    default NDArray kept(int block, NDArray x, Pass pass) {
        return x;
    }
}
