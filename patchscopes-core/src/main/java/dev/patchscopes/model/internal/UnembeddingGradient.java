package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/**
 * The way back through {@link Unembedding}: from derivatives with respect to logits to derivatives
 * with respect to residuals, in closed form.
 */
final class UnembeddingGradient {
    private final ArchitectureSpec spec;
    private final Weights.Ends weights;
    private final Tensors ops;

    UnembeddingGradient(ArchitectureSpec spec, Weights.Ends weights, Tensors ops) {
        this.spec = spec;
        this.weights = weights;
        this.ops = ops;
    }

    /**
     * Goes back.
     *
     * @param gradient derivative with respect to the logits [row, d_vocab]; not changed
     * @param logits the logits themselves [row, d_vocab]
     * @param residual what they were computed from [row, d_model]
     * @return derivative with respect to the residual [row, d_model], in the gradient's manager
     */
    NDArray apply(NDArray gradient, NDArray logits, NDArray residual) {
        NDArray g = toNormalized(gradient, logits); // [row, d_embed]
        if (weights.projectOut().isPresent()) {
            g = Tensors.matmul(g, weights.projectOut().get().weight()); // [row, d_model]
        }
        return weights.finalNorm().isPresent()
                ? throughNorm(g, residual, weights.finalNorm().get())
                : g;
    }

    /**
     * Goes back no further than to what the matrix was multiplied by.
     *
     * @param gradient derivative with respect to the logits [row, d_vocab]; not changed
     * @param logits the logits themselves [row, d_vocab]
     * @return derivative with respect to normalized states [row, d_embed], in the gradient's
     *     manager
     */
    NDArray toNormalized(NDArray gradient, NDArray logits) {
        NDArray g = gradient;
        if (spec.unembedding().softCap().isPresent()) { // capped = cap tanh(raw / cap)
            double cap = spec.unembedding().softCap().getAsDouble();
            NDArray squashed = ops.mul(logits, 1 / cap);
            NDArray lost = Tensors.mul(g, Tensors.square(squashed));
            g = Tensors.sub(g, lost);
        }
        g = Tensors.cast(g, ops.type());
        return Tensors.matmul(g, weights.unembedding().weight());
    }

    /** With y = x_hat w + b and x_hat = (x - mean) / scale. */
    private NDArray throughNorm(NDArray gradient, NDArray x, Weights.Norm norm) {
        boolean half = ops.type() == DataType.FLOAT16;
        boolean layer = spec.norm().kind() == ArchitectureSpec.NormKind.LAYER;
        NDArray wide = half ? Tensors.cast(x, DataType.FLOAT32) : x;
        NDArray centred = layer ? Tensors.sub(wide, Tensors.mean(wide)) : wide;
        NDArray variance = Tensors.mean(Tensors.square(centred)); // [row, 1]
        NDArray scale = Tensors.sqrt(Tensors.add(variance, ops.scalar(spec.norm().epsilon())));
        NDArray normal = Tensors.div(centred, scale);
        NDArray u = Tensors.mul(gradient, norm.weight());
        u = half ? Tensors.cast(u, DataType.FLOAT32) : u;
        NDArray along = Tensors.mean(Tensors.mul(u, normal)); // [row, 1]
        NDArray back = Tensors.sub(u, Tensors.mul(normal, along));
        if (layer) {
            back = Tensors.sub(back, Tensors.mean(u));
        }
        return Tensors.div(back, scale);
    }
}
