package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import java.util.Optional;

/**
 * One transformer block, for every family.
 *
 * <p>The usual block is x + attn(norm(x)), then m + mlp(norm(m)). The {@link BlockLayout} says
 * where a family differs: both halves reading x, norms on what is added, norms on the stream, the
 * stream continuing from the normed input. In the last two, what a half <em>adds to the stream</em>
 * is the difference it makes, and that is what {@link Site#ATTN_OUT} and {@link Site#MLP_OUT} show.
 */
final class Block {
    private final BlockLayout layout;
    private final Normalizer norm;
    private final Attention attention;
    private final Mlp mlp;
    private final int index;

    Block(ArchitectureSpec spec, int index) {
        this.layout = spec.layout();
        this.norm = new Normalizer(spec.norm());
        this.attention = new Attention(spec, index);
        this.mlp = new Mlp(spec.mlp(), index);
        this.index = index;
    }

    /** The residual stream before the block to the one after it, [batch, pos, d_model]. */
    NDArray forward(NDArray x, Weights.Block w, Pass pass) {
        return layout.parallel() ? parallel(x, w, pass) : sequential(x, w, pass);
    }

    private NDArray parallel(NDArray x, Weights.Block w, Pass pass) {
        NDArray attentionInput = attentionInput(x, w, pass);
        NDArray attn = attention.forward(attentionInput, w, pass);
        NDArray stream = pass.core().kept(index, x, pass);
        boolean shared = layout.inputNorms() == InputNorms.SHARED;
        NDArray mlpInput =
                shared ? pass.core().kept(index, attentionInput, pass) : mlpInput(stream, w, pass);
        attn = pass.taps().tap(Site.ATTN_OUT, index, attn);
        NDArray out = mlp.forward(mlpInput, w, pass);
        out = pass.taps().tap(Site.MLP_OUT, index, out);
        try (NDArray added = Tensors.add(attn, out)) {
            return Tensors.add(stream, added);
        }
    }

    private NDArray sequential(NDArray x, Weights.Block w, Pass pass) {
        NDArray attentionInput = attentionInput(x, w, pass);
        NDArray attn = attention.forward(attentionInput, w, pass);
        if (layout.outputNorms()) {
            attn = norm.apply(attn, w.attentionOutputNorm().orElseThrow(), pass);
        }
        NDArray stream = pass.core().kept(index, x, pass);
        NDArray normed =
                layout.residualFromNormed()
                        ? pass.core().kept(index, attentionInput, pass)
                        : attentionInput;
        NDArray mid = join(stream, normed, attn, Site.ATTN_OUT, w.attentionNorm(), pass);
        mid = pass.taps().tap(Site.RESID_MID, index, mid);

        NDArray mlpInput = mlpInput(mid, w, pass);
        NDArray out = mlp.forward(mlpInput, w, pass);
        if (layout.outputNorms()) {
            out = norm.apply(out, w.mlpOutputNorm().orElseThrow(), pass);
        }
        return join(mid, mlpInput, out, Site.MLP_OUT, w.mlpNorm(), pass);
    }

    /** Adds the output of a half to the stream, showing what it adds. */
    private NDArray join(
            NDArray stream,
            NDArray normed,
            NDArray output,
            Site site,
            Optional<Weights.Norm> streamNorm,
            Pass pass) {
        if (!layout.streamNorms() && !layout.residualFromNormed()) {
            return Tensors.add(stream, pass.taps().tap(site, index, output));
        }
        NDArray sum = Tensors.add(layout.residualFromNormed() ? normed : stream, output);
        if (layout.streamNorms()) {
            sum = norm.apply(sum, streamNorm.orElseThrow(), pass);
        }
        if (!pass.taps().wants(site, index)) {
            return sum;
        }
        NDArray added = Tensors.sub(sum, stream);
        NDArray seen = pass.taps().visit(site, index, added);
        return seen == added ? sum : Tensors.add(stream, seen);
    }

    private NDArray attentionInput(NDArray x, Weights.Block w, Pass pass) {
        if (layout.inputNorms() == InputNorms.NONE) {
            return x;
        }
        return norm.apply(
                x,
                w.attentionNorm().orElseThrow(),
                pass,
                Optional.of(new Normalizer.Stations(Site.LN1_SCALE, Site.LN1_NORMALIZED, index)));
    }

    private NDArray mlpInput(NDArray x, Weights.Block w, Pass pass) {
        if (layout.inputNorms() == InputNorms.NONE) {
            return x;
        }
        return norm.apply(
                x,
                w.mlpNorm().orElseThrow(),
                pass,
                Optional.of(new Normalizer.Stations(Site.LN2_SCALE, Site.LN2_NORMALIZED, index)));
    }
}
