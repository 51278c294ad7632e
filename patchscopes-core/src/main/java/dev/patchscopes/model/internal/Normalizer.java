package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.Site;
import java.util.Optional;

/**
 * The two norms: (x - mean) / sqrt(var + eps) * w + b and x / sqrt(mean(x^2) + eps) * w.
 *
 * <p>Statistics are accumulated in float32 at least. Where a run looks at the divisor or at the
 * normalised value, the same norm is computed in steps.
 */
final class Normalizer {
    private final ArchitectureSpec.NormSpec spec;

    Normalizer(ArchitectureSpec.NormSpec spec) {
        this.spec = spec;
    }

    /** Where a norm's divisor and normalised value can be seen. */
    record Stations(Site scale, Site normalized, int block) {}

    /** Normalises the last dimension. */
    NDArray apply(NDArray x, Weights.Norm weights, Pass pass) {
        return apply(x, weights, pass, Optional.empty());
    }

    /** Normalises the last dimension, showing the steps where the run wants them. */
    NDArray apply(NDArray x, Weights.Norm weights, Pass pass, Optional<Stations> stations) {
        if (stations.isPresent()) {
            Stations at = stations.get();
            if (pass.taps().wants(at.scale(), at.block())
                    || pass.taps().wants(at.normalized(), at.block())) {
                return inSteps(x, weights, pass, at);
            }
        }
        if (spec.kind() == ArchitectureSpec.NormKind.LAYER) {
            return layerNorm(x, weights, pass.ops());
        }
        return rmsNorm(x, weights, pass.ops());
    }

    private NDArray layerNorm(NDArray x, Weights.Norm weights, Tensors ops) {
        if (weights.weight().getShape().dimension() == 1) {
            return Tensors.layerNorm(x, weights.weight(), weights.bias(), spec.epsilon());
        }
        // one set of weights a head: the fused kernel knows only weights shared by all of them
        NDArray centred = centre(x);
        NDArray scale = scale(centred, ops);
        try (centred;
                scale) {
            NDArray normal = Tensors.div(centred, scale);
            return ops.addInto(ops.mulInto(normal, weights.weight()), weights.bias());
        }
    }

    private NDArray rmsNorm(NDArray x, Weights.Norm weights, Tensors ops) {
        NDArray wide = ops.type() == DataType.FLOAT16 ? Tensors.cast(x, DataType.FLOAT32) : x;
        try (NDArray scale = scale(wide, ops)) {
            NDArray normal = Tensors.div(wide, scale);
            if (wide != x) {
                wide.close();
                try (NDArray n = normal) {
                    normal = Tensors.cast(n, ops.type());
                }
            }
            return ops.mulInto(normal, weights.weight());
        }
    }

    private NDArray inSteps(NDArray x, Weights.Norm weights, Pass pass, Stations at) {
        Tensors ops = pass.ops();
        boolean layer = spec.kind() == ArchitectureSpec.NormKind.LAYER;
        NDArray wide = ops.type() == DataType.FLOAT16 ? Tensors.cast(x, DataType.FLOAT32) : x;
        NDArray centred = layer ? centre(wide) : wide;
        NDArray scale = scale(centred, ops);
        scale = pass.taps().tap(at.scale(), at.block(), scale); // [batch, pos, 1]
        NDArray normal = Tensors.cast(Tensors.div(centred, scale), ops.type());
        normal = pass.taps().tap(at.normalized(), at.block(), normal); // [batch, pos, d_model]
        NDArray result = Tensors.mul(normal, weights.weight());
        return layer ? ops.addInto(result, weights.bias()) : result;
    }

    private static NDArray centre(NDArray x) {
        try (NDArray mean = Tensors.mean(x)) {
            return Tensors.sub(x, mean);
        }
    }

    /** sqrt(mean(x^2) + eps), last dimension kept as 1. */
    private NDArray scale(NDArray x, Tensors ops) {
        try (NDArray square = Tensors.square(x);
                NDArray mean = Tensors.mean(square);
                NDArray shifted = Tensors.add(mean, ops.scalar(spec.epsilon()))) {
            return Tensors.sqrt(shifted);
        }
    }

    /** Shape of a norm's weights for heads: one shared set, or one row a head. */
    static Shape headWeights(long elements, long heads, long headWidth) {
        return elements == headWidth ? new Shape(headWidth) : new Shape(heads, headWidth);
    }
}
