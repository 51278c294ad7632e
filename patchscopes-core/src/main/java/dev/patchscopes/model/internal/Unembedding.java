package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
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
    NDArray logits(NDArray residual, WeightSource source, Pass pass) {
        Weights.Ends weights = source.ends();
        Weights.Linear table =
                pass.ops().isTracked() ? weights.unembedding() : source.unembedding();
        NDArray logits = project(residual, table, weights, pass);
        return pass.taps().tap(Site.LOGITS, 0, logits);
    }

    /** The logits of some tokens: only their rows of the matrix take part. */
    NDArray logits(NDArray residual, long[] tokens, Weights.Ends weights, Pass pass) {
        Weights.Linear all = weights.unembedding();
        NDArray ids = pass.ops().fromLongs(residual.getManager(), tokens, new Shape(tokens.length));
        NDArray matrix = Tensors.embedding(ids, all.weight()); // [token, d_model]
        matrix.attach(residual.getManager());
        Optional<NDArray> bias = all.bias().map(b -> rows(b, ids));
        return project(residual, new Weights.Linear(matrix, bias), weights, pass);
    }

    private static NDArray rows(NDArray bias, NDArray ids) {
        long tokens = bias.getShape().get(0);
        try (NDArray table = Tensors.reshape(bias, tokens, 1);
                NDArray some = Tensors.embedding(ids, table)) {
            NDArray row = Tensors.reshape(some, ids.size());
            row.attach(ids.getManager());
            return row;
        }
    }

    /** [batch, pos, d_embed], as {@link #normalized} gives it, to [batch, pos, d_vocab]. */
    NDArray logitsOfNormalized(NDArray normalized, WeightSource source, Pass pass) {
        return read(normalized, source.unembedding(), pass);
    }

    private NDArray project(
            NDArray residual, Weights.Linear matrix, Weights.Ends weights, Pass pass) {
        return read(normalized(residual, weights, pass), matrix, pass);
    }

    /** What the matrix is multiplied by: [batch, pos, d_model] to [batch, pos, d_embed]. */
    NDArray normalized(NDArray residual, Weights.Ends weights, Pass pass) {
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
            x = pass.ops().product(x, weights.projectOut().get()); // [batch, pos, d_embed]
        }
        return x;
    }

    private NDArray read(NDArray normalized, Weights.Linear matrix, Pass pass) {
        NDArray logits = pass.ops().product(normalized, matrix); // [batch, pos, d_vocab or token]
        if (spec.softCap().isPresent()) {
            logits = pass.ops().softCap(logits, spec.softCap().getAsDouble());
        }
        return logits;
    }
}
