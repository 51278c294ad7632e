package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/** Parameters as tensors. */
final class Weights {
    private Weights() {}

    /**
     * An affine map.
     *
     * @param weight [out, in]
     * @param bias [out]
     */
    record Linear(NDArray weight, Optional<NDArray> bias) {}

    /**
     * A norm.
     *
     * @param weight [width], or one row a head [heads, d_head]; offset already added
     * @param bias same shape; zeros where the checkpoint has none
     */
    record Norm(NDArray weight, NDArray bias) {}

    /** The parameters of a block; see {@link WeightMap.Block}. */
    record Block(
            Optional<Norm> attentionNorm,
            Optional<Norm> mlpNorm,
            Optional<Norm> attentionOutputNorm,
            Optional<Norm> mlpOutputNorm,
            Linear queryKeyValue,
            Optional<Norm> queryNorm,
            Optional<Norm> keyNorm,
            Linear attentionOutput,
            Linear mlpIn,
            Linear mlpOut) {}

    /** The parameters outside the blocks; see {@link WeightMap}. */
    record Ends(
            NDArray embedding,
            Optional<NDArray> positions,
            Optional<Norm> embeddingNorm,
            Optional<Linear> projectIn,
            Optional<Linear> projectOut,
            Optional<Norm> finalNorm,
            Linear unembedding) {}
}
