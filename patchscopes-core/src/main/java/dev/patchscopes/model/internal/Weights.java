package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Parameters as tensors. */
final class Weights {
    private Weights() {}

    /**
     * An affine map.
     *
     * @param weight [out, in]
     * @param bias [out]
     * @param packed whether the weight is in the layout of {@link PackedProducts}
     */
    record Linear(NDArray weight, Optional<NDArray> bias, boolean packed) {
        Linear(NDArray weight, Optional<NDArray> bias) {
            this(weight, bias, false);
        }
    }

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
            Linear mlpOut) {

        /** The same parameters with other linear maps in place of its own. */
        Block map(UnaryOperator<Linear> linear) {
            return new Block(
                    attentionNorm,
                    mlpNorm,
                    attentionOutputNorm,
                    mlpOutputNorm,
                    linear.apply(queryKeyValue),
                    queryNorm,
                    keyNorm,
                    linear.apply(attentionOutput),
                    linear.apply(mlpIn),
                    linear.apply(mlpOut));
        }
    }

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
