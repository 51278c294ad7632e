package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Site;
import java.util.Optional;

/**
 * From a residual to logits: final norm, projection, unembedding, soft-cap.
 *
 * <p>The forward pass and every lens use this one object, so what a lens reads at the last layer is
 * the model's own output.
 */
final class Unembedding {
    private final ArchitectureSpec.UnembeddingSpec spec;
    private final Normalizer norm;

    Unembedding(ArchitectureSpec spec) {
        this.spec = spec.unembedding();
        this.norm = new Normalizer(spec.norm());
    }

    /** [batch, pos, d_model] to [batch, pos, d_vocab]. */
    NDArray logits(NDArray residual, Weights.Ends weights, Pass pass) {
        NDArray x = residual;
        if (weights.finalNorm().isPresent()) {
            x =
                    norm.apply(
                            x,
                            weights.finalNorm().get(),
                            pass,
                            Optional.of(
                                    new Normalizer.Stations(
                                            Site.LN_FINAL_SCALE, Site.LN_FINAL_NORMALIZED, 0)));
        }
        if (weights.projectOut().isPresent()) {
            x = Tensors.linear(x, weights.projectOut().get()); // [batch, pos, d_embed]
        }
        NDArray logits = Tensors.linear(x, weights.unembedding()); // [batch, pos, d_vocab]
        if (spec.softCap().isPresent()) {
            logits = pass.ops().softCap(logits, spec.softCap().getAsDouble());
        }
        return pass.taps().tap(Site.LOGITS, 0, logits);
    }
}
