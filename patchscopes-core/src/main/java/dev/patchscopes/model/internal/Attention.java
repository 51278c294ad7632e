package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Site;
import java.util.Optional;

/**
 * Causal self-attention of one block, from its normed input to the output projection.
 *
 * <p>Heads may share keys and values, in groups of {@code heads / keyValueHeads} neighbours.
 */
final class Attention {
    private final ArchitectureSpec.AttentionSpec attention;
    private final Normalizer qkNorm;
    private final int block;
    private final long heads;
    private final long keyValueHeads;
    private final long headWidth;

    Attention(ArchitectureSpec spec, int block) {
        this.attention = spec.attention();
        this.qkNorm = new Normalizer(attention.qkNormSpec());
        this.block = block;
        this.heads = attention.heads();
        this.keyValueHeads = attention.keyValueHeads();
        this.headWidth = attention.headWidth();
    }

    /** [batch, pos, d_model] to [batch, pos, d_model]. */
    NDArray forward(NDArray input, Weights.Block weights, Pass pass) {
        long batch = input.getShape().get(0);
        long pos = input.getShape().get(1);
        Projected projected = project(input, weights, pass, batch, pos);
        NDArray z = pass.core().mix(block, projected, pass); // [batch, pos, head, d_head]
        z = pass.taps().tap(Site.Z, block, z);
        long left = z.getShape().get(1); // the core may leave positions out
        try (NDArray flat = Tensors.reshape(z, batch, left, heads * headWidth)) {
            NDArray out =
                    pass.ops().product(flat, weights.attentionOutput()); // [batch, pos, d_model]
            z.close();
            return pass.taps().tap(Site.ATTN_PROJ, block, out);
        }
    }

    private Projected project(
            NDArray input, Weights.Block weights, Pass pass, long batch, long pos) {
        Taps taps = pass.taps();
        NDArray fused = pass.ops().product(input, weights.queryKeyValue());
        NDArray byHead = Tensors.reshape(fused, batch, pos, heads + 2 * keyValueHeads, headWidth);
        NDArray[] cut = Tensors.cut(byHead, 2, heads + keyValueHeads, keyValueHeads);
        NDArray v = cut[1];
        v = taps.tap(Site.V, block, v);
        boolean untouched =
                attention.qkNorm() == ArchitectureSpec.QkNorm.NONE
                        && !taps.wants(Site.Q, block)
                        && !taps.wants(Site.K, block);
        if (untouched) {
            return new Projected.Together(cut[0], v);
        }
        NDArray q = taps.tap(Site.Q, block, Tensors.slice(cut[0], 2, 0, heads));
        NDArray k = Tensors.slice(cut[0], 2, heads, heads + keyValueHeads);
        k = taps.tap(Site.K, block, k);
        q = normalise(q, weights.queryNorm(), heads, pass, batch, pos);
        k = normalise(k, weights.keyNorm(), keyValueHeads, pass, batch, pos);
        return new Projected.Apart(q, k, v);
    }

    private NDArray normalise(
            NDArray x,
            Optional<Weights.Norm> norm,
            long rowsOfHeads,
            Pass pass,
            long batch,
            long pos) {
        if (norm.isEmpty()) {
            return x;
        }
        if (attention.qkNorm() == ArchitectureSpec.QkNorm.PER_HEAD) {
            return qkNorm.apply(x, norm.get(), pass);
        }
        try (NDArray whole = Tensors.reshape(x, batch, pos, rowsOfHeads * headWidth)) {
            NDArray normed = qkNorm.apply(whole, norm.get(), pass);
            return Tensors.reshape(normed, batch, pos, rowsOfHeads, headWidth);
        }
    }
}
