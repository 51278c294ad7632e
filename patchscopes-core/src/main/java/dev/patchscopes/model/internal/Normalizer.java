package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
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
        NDArray wide = widened(x, ops);
        try (NDArray centred = centre(wide);
                NDArray scale = scale(centred, ops)) {
            NDArray normal = narrowed(Tensors.div(centred, scale), ops);
            closeCopy(wide, x);
            return ops.addInto(ops.mulInto(normal, weights.weight()), weights.bias());
        }
    }

    private NDArray rmsNorm(NDArray x, Weights.Norm weights, Tensors ops) {
        NDArray wide = widened(x, ops);
        try (NDArray scale = scale(wide, ops)) {
            NDArray normal = narrowed(Tensors.div(wide, scale), ops);
            closeCopy(wide, x);
            return ops.mulInto(normal, weights.weight());
        }
    }

    /** Squares of float16 values overflow, so statistics are taken in float32. */
    private static NDArray widened(NDArray x, Tensors ops) {
        return ops.type() == DataType.FLOAT16 ? Tensors.cast(x, DataType.FLOAT32) : x;
    }

    private static NDArray narrowed(NDArray x, Tensors ops) {
        if (x.getDataType() == ops.type()) {
            return x;
        }
        try (x) {
            return Tensors.cast(x, ops.type());
        }
    }

    private static void closeCopy(NDArray copy, NDArray original) {
        if (copy != original) {
            copy.close();
        }
    }

    private NDArray inSteps(NDArray x, Weights.Norm weights, Pass pass, Stations at) {
        Tensors ops = pass.ops();
        boolean layer = spec.kind() == ArchitectureSpec.NormKind.LAYER;
        NDArray wide = widened(x, ops);
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
}
