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
        Queries queries = project(input, weights, pass, batch, pos);
        KeyValueStore.KeyValues past = pass.store().extend(block, queries.k, queries.v);
        NDArray scores = scores(queries.q, past.keys(), pass, batch, pos);
        NDArray pattern = pattern(scores, pass);
        NDArray mixed = mix(pattern, past.values(), batch, pos); // [batch, head, pos, d_head]
        pattern.close();
        NDArray z = Tensors.transpose(mixed, 1, 2); // [batch, pos, head, d_head]
        z = pass.taps().tap(Site.Z, block, z);
        try (NDArray flat = Tensors.reshape(z, batch, pos, heads * headWidth)) {
            NDArray out = Tensors.linear(flat, weights.attentionOutput()); // [batch, pos, d_model]
            z.close();
            mixed.close();
            return pass.taps().tap(Site.ATTN_PROJ, block, out);
        }
    }

    /** Queries and keys ready to be compared, and values; all [batch, pos, head, d_head]. */
    private record Queries(NDArray q, NDArray k, NDArray v) {}

    private Queries project(NDArray input, Weights.Block weights, Pass pass, long batch, long pos) {
        Taps taps = pass.taps();
        NDArray fused = Tensors.linear(input, weights.queryKeyValue());
        NDArray byHead = Tensors.reshape(fused, batch, pos, heads + 2 * keyValueHeads, headWidth);
        Optional<Rotation> rotation = pass.positions().rotation(block);
        NDArray v = Tensors.slice(byHead, 2, heads + keyValueHeads, heads + 2 * keyValueHeads);
        v = taps.tap(Site.V, block, v);
        NDArray q;
        NDArray k;
        boolean together =
                rotation.isPresent()
                        && attention.qkNorm() == ArchitectureSpec.QkNorm.NONE
                        && !taps.wants(Site.Q, block)
                        && !taps.wants(Site.K, block);
        if (together) { // one rotation for queries and keys
            try (NDArray both = Tensors.slice(byHead, 2, 0, heads + keyValueHeads)) {
                NDArray turned = rotation.get().apply(pass.ops(), both);
                q = Tensors.slice(turned, 2, 0, heads);
                k = Tensors.slice(turned, 2, heads, heads + keyValueHeads);
            }
        } else {
            q = taps.tap(Site.Q, block, Tensors.slice(byHead, 2, 0, heads));
            k = Tensors.slice(byHead, 2, heads, heads + keyValueHeads);
            k = taps.tap(Site.K, block, k);
            q = normalise(q, weights.queryNorm(), heads, pass, batch, pos);
            k = normalise(k, weights.keyNorm(), keyValueHeads, pass, batch, pos);
            if (rotation.isPresent()) {
                q = rotation.get().apply(pass.ops(), q);
                k = rotation.get().apply(pass.ops(), k);
            }
        }
        q = taps.tap(Site.ROT_Q, block, q);
        k = taps.tap(Site.ROT_K, block, k);
        return new Queries(q, k, v);
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

    private NDArray scores(NDArray q, NDArray keys, Pass pass, long batch, long pos) {
        Tensors ops = pass.ops();
        long keyPos = keys.getShape().get(2);
        double scale = attention.scales().get(block);
        NDArray scaled = scale == 1 ? q : ops.mul(q, scale); // smaller than scaling the scores
        NDArray scores;
        try (NDArray keysLast =
                Tensors.transpose(keys, 2, 3)) { // [batch, kv_head, d_head, key_pos]
            if (heads == keyValueHeads) {
                try (NDArray headFirst = Tensors.transpose(scaled, 1, 2)) {
                    scores = Tensors.matmul(headFirst, keysLast); // [batch, head, pos, key_pos]
                }
            } else {
                long group = heads / keyValueHeads;
                try (NDArray split =
                                Tensors.reshape(
                                        scaled, batch, pos, keyValueHeads, group, headWidth);
                        NDArray grouped = Tensors.permute(split, 0, 2, 3, 1, 4);
                        NDArray rows =
                                Tensors.reshape(
                                        grouped, batch, keyValueHeads, group * pos, headWidth);
                        NDArray product = Tensors.matmul(rows, keysLast)) {
                    scores = Tensors.reshape(product, batch, heads, pos, keyPos);
                }
            }
        }
        if (attention.softCap().isPresent()) {
            scores = ops.softCap(scores, attention.softCap().getAsDouble());
        }
        Optional<NDArray> mask = pass.masks().additive(attention.windows().get(block));
        if (mask.isPresent()) {
            scores = ops.addInto(scores, mask.get());
        }
        return scores; // [batch, head, query_pos, key_pos]
    }

    private NDArray pattern(NDArray raw, Pass pass) {
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

    private NDArray mix(NDArray pattern, NDArray values, long batch, long pos) {
        if (heads == keyValueHeads) {
            return Tensors.matmul(pattern, values); // [batch, head, pos, d_head]
        }
        long keyPos = values.getShape().get(2);
        long group = heads / keyValueHeads;
        try (NDArray rows = Tensors.reshape(pattern, batch, keyValueHeads, group * pos, keyPos);
                NDArray product = Tensors.matmul(rows, values)) {
            return Tensors.reshape(product, batch, heads, pos, headWidth);
        }
    }
}
