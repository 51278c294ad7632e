package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.Site;
import java.util.Optional;

/** Attention within each prompt of a batch: every position sees itself and the ones before it. */
final class CausalCore implements AttentionCore {
    private final ArchitectureSpec.AttentionSpec attention;
    private final HeadProducts products;
    private final PositionTables positions;
    private final AttentionMasks masks;
    private final KeyValueStore store;

    /**
     * @param spec architecture
     * @param positions rotations of the pass's columns
     * @param masks which keys each query may see
     * @param store keys and values of earlier columns
     */
    CausalCore(
            ArchitectureSpec spec,
            PositionTables positions,
            AttentionMasks masks,
            KeyValueStore store) {
        this.attention = spec.attention();
        this.products = new HeadProducts(attention);
        this.positions = positions;
        this.masks = masks;
        this.store = store;
    }

    @Override
    public NDArray mix(int block, Projected projected, Pass pass) {
        Taps taps = pass.taps();
        Projected.QueriesAndKeys turned =
                projected.rotated(pass.ops(), positions.rotation(block), attention.heads());
        NDArray q = taps.tap(Site.ROT_Q, block, turned.q());
        NDArray k = taps.tap(Site.ROT_K, block, turned.k());
        KeyValueStore.KeyValues past = store.extend(block, k, projected.v());
        NDArray scores = scores(block, q, past.keys(), pass);
        try (NDArray pattern = pattern(block, scores, pass);
                NDArray mixed = products.mix(pattern, past.values())) {
            return Tensors.transpose(mixed, 1, 2); // [batch, pos, head, d_head]
        }
    }

    private NDArray scores(int block, NDArray q, NDArray keys, Pass pass) {
        Tensors ops = pass.ops();
        double scale = attention.scales().get(block);
        NDArray scaled = scale == 1 ? q : ops.mul(q, scale); // smaller than scaling the scores
        NDArray scores = products.scores(scaled, keys);
        if (attention.softCap().isPresent()) {
            scores = ops.softCap(scores, attention.softCap().getAsDouble());
        }
        pass.taps().watchScores(block, scores);
        Optional<NDArray> mask = masks.additive(attention.windows().get(block));
        return mask.isPresent() ? ops.addInto(scores, mask.get()) : scores;
    }

    /** The pattern of scores [batch, head, query_pos, key_pos], with what a run cuts and edits. */
    static NDArray pattern(int block, NDArray raw, Pass pass) {
        Tensors ops = pass.ops();
        Taps taps = pass.taps();
        Optional<EdgeMask> edges = taps.edges(block);
        NDArray scores = raw;
        if (edges.isPresent() && edges.get().scores().isPresent()) {
            scores = ops.addInto(scores, edges.get().scores().get());
        }
        boolean shown = taps.wants(Site.ATTN_SCORES, block);
        if (shown) {
            scores = taps.visit(Site.ATTN_SCORES, block, scores);
        }
        // a cut or an edit may have left a row nothing to attend to
        boolean mayBeEmpty = shown || edges.filter(EdgeMask::emptiesRows).isPresent();
        NDArray pattern = // [batch, head, query_pos, key_pos]
                mayBeEmpty ? ops.softmaxOrZero(scores) : ops.softmax(scores);
        scores.close();
        if (edges.isPresent() && edges.get().pattern().isPresent()) {
            pattern = ops.mulInto(pattern, edges.get().pattern().get());
        }
        return taps.tap(Site.PATTERN, block, pattern);
    }
}
