package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Attention of cells: every cell sees the past it shares with its base run, and its own tokens.
 *
 * <p>All cells of a group take part in one product with the shared past; their own tokens are few.
 */
final class SweepCore implements AttentionCore {
    private final ArchitectureSpec.AttentionSpec attention;
    private final HeadProducts products;
    private final List<SweepGroup> groups;
    private final Optional<CellCuts> cuts;

    /**
     * @param spec architecture
     * @param groups cells
     * @param cuts edges the cells cut, while prompts are read
     */
    SweepCore(ArchitectureSpec spec, List<SweepGroup> groups, Optional<CellCuts> cuts) {
        this.attention = spec.attention();
        this.products = new HeadProducts(attention);
        this.groups = groups;
        this.cuts = cuts;
    }

    @Override
    public NDArray mix(int block, Projected projected, Pass pass) {
        List<NDArray> parts = new ArrayList<>();
        for (SweepGroup group : groups) {
            if (group.active() > 0) {
                Projected own =
                        projected.window(
                                group.offset(),
                                group.offset() + (long) group.rows(),
                                group.active());
                parts.add(mix(block, own, group, pass));
            }
        }
        return parts.size() == 1
                ? parts.get(0)
                : Tensors.concat(1, parts.toArray(new NDArray[0])); // [1, rows, head, d_head]
    }

    private NDArray mix(int block, Projected own, SweepGroup group, Pass pass) {
        Tensors ops = pass.ops();
        long cells = group.active();
        long tokens = group.tokens();
        long heads = attention.heads();
        Projected.QueriesAndKeys turned =
                own.rotated(ops, group.positions().rotation(block), heads);
        double scale = attention.scales().get(block);
        NDArray q = scale == 1 ? turned.q() : ops.mul(turned.q(), scale);
        KeyValueStore.KeyValues mine = group.own(block, turned.k(), own.v());
        NDArray scores = scores(block, q, mine.keys(), group); // [head, cell * pos, key_pos]
        if (attention.softCap().isPresent()) {
            scores = ops.softCap(scores, attention.softCap().getAsDouble());
        }
        long keyPos = group.past() + mine.keys().getShape().get(2);
        NDArray byCell = Tensors.reshape(scores, heads, cells, tokens, keyPos);
        Optional<NDArray> mask = group.masks().additive(attention.windows().get(block));
        if (mask.isPresent()) {
            try (NDArray headFirst = Tensors.transpose(mask.get(), 0, 1)) { // [head, 1, pos, key]
                byCell = ops.addInto(byCell, headFirst);
            }
        }
        NDArray pattern = softmax(block, byCell, group, ops);
        scores.close();
        NDArray z = values(block, pattern, mine.values(), group); // [1, cell * pos, head, d_head]
        pattern.close();
        return z;
    }

    private NDArray softmax(int block, NDArray scores, SweepGroup group, Tensors ops) {
        Optional<EdgeMask> mask = cuts.flatMap(c -> c.of(group, block));
        if (mask.isEmpty()) {
            return ops.softmax(scores);
        }
        NDArray masked =
                mask.get().scores().isPresent()
                        ? ops.addInto(scores, mask.get().scores().get())
                        : scores;
        NDArray pattern =
                mask.get().emptiesRows() ? ops.softmaxOrZero(masked) : ops.softmax(masked);
        return mask.get().pattern().isPresent()
                ? ops.mulInto(pattern, mask.get().pattern().get())
                : pattern;
    }

    private NDArray scores(int block, NDArray q, NDArray k, SweepGroup group) {
        long cells = group.active();
        long tokens = group.tokens();
        NDArray own = ownScores(q, k, cells, tokens); // [head, cell * pos, own_pos]
        if (group.past() == 0) {
            return own;
        }
        try (NDArray keys = group.pastKeys(block);
                NDArray flat = flat(q, cells * tokens);
                NDArray product = products.scores(flat, keys); // [1, head, cell * pos, key_pos]
                NDArray shared =
                        Tensors.reshape(product, attention.heads(), cells * tokens, group.past());
                own) {
            return Tensors.concat(2, shared, own);
        }
    }

    private static NDArray flat(NDArray q, long rows) {
        return Tensors.reshape(q, 1, rows, q.getShape().get(2), q.getShape().get(3));
    }

    private NDArray ownScores(NDArray q, NDArray k, long cells, long tokens) {
        long heads = attention.heads();
        long length = k.getShape().get(2);
        if (length == 1) {
            try (NDArray own = products.ownScores(q, k); // [cell, head]
                    NDArray headFirst = Tensors.transpose(own, 0, 1)) {
                return Tensors.reshape(headFirst, heads, cells, 1);
            }
        }
        try (NDArray own = products.scores(q, k); // [cell, head, pos, own_pos]
                NDArray headFirst = Tensors.transpose(own, 0, 1)) {
            return Tensors.reshape(headFirst, heads, cells * tokens, length);
        }
    }

    private NDArray values(int block, NDArray pattern, NDArray v, SweepGroup group) {
        long heads = attention.heads();
        long cells = group.active();
        long tokens = group.tokens();
        long rows = cells * tokens;
        long past = group.past();
        NDArray own;
        try (NDArray part = Tensors.slice(pattern, 3, past, past + v.getShape().get(2))) {
            own = ownValues(part, v, cells, tokens); // [1, cell * pos, head, d_head]
        }
        if (past == 0) {
            return own;
        }
        try (NDArray part = Tensors.slice(pattern, 3, 0, past);
                NDArray shared = Tensors.reshape(part, 1, heads, rows, past);
                NDArray values = group.pastValues(block);
                NDArray mixed = products.mix(shared, values); // [1, head, cell * pos, d_head]
                NDArray z = Tensors.transpose(mixed, 1, 2);
                own) {
            return Tensors.add(own, z);
        }
    }

    private NDArray ownValues(NDArray pattern, NDArray v, long cells, long tokens) {
        long heads = attention.heads();
        long width = attention.headWidth();
        if (v.getShape().get(2) == 1) {
            try (NDArray flat = Tensors.reshape(pattern, heads, cells);
                    NDArray weights = Tensors.transpose(flat, 0, 1);
                    NDArray z = products.ownValues(weights, v)) {
                return Tensors.reshape(z, 1, cells, heads, width);
            }
        }
        try (NDArray cellFirst = Tensors.transpose(pattern, 0, 1); // [cell, head, pos, own_pos]
                NDArray mixed = products.mix(cellFirst, v);
                NDArray z = Tensors.transpose(mixed, 1, 2)) {
            return Tensors.reshape(z, 1, cells * tokens, heads, width);
        }
    }
}
