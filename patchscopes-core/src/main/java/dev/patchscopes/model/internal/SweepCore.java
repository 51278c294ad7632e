package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
    private final Set<SweepGroup> wholeBases;
    private final int narrowsAt;
    private final Optional<RowWatch> watch;
    private Optional<long[]> narrowed = Optional.empty();

    private SweepCore(
            ArchitectureSpec spec,
            List<SweepGroup> groups,
            Optional<CellCuts> cuts,
            Set<SweepGroup> wholeBases,
            int narrowsAt,
            Optional<RowWatch> watch) {
        this.attention = spec.attention();
        this.products = new HeadProducts(attention);
        this.groups = groups;
        this.cuts = cuts;
        this.wholeBases = wholeBases;
        this.narrowsAt = narrowsAt;
        this.watch = watch;
    }

    /**
     * While prompts are read. In the last block only the tokens that are read go on.
     *
     * @param groups cells and base runs; base runs first, for cells attend to them
     * @param cuts edges the cells cut
     * @param wholeBases base runs of which the last layer is needed
     * @param watch looks at scores
     */
    static SweepCore reading(
            ArchitectureSpec spec,
            List<SweepGroup> groups,
            CellCuts cuts,
            Set<SweepGroup> wholeBases,
            Optional<RowWatch> watch) {
        return new SweepCore(spec, groups, Optional.of(cuts), wholeBases, spec.layers() - 1, watch);
    }

    /** While tokens are generated. */
    static SweepCore generating(
            ArchitectureSpec spec, List<SweepGroup> groups, Optional<RowWatch> watch) {
        return new SweepCore(spec, groups, Optional.empty(), Set.of(), -1, watch);
    }

    @Override
    public NDArray mix(int block, Projected projected, Pass pass) {
        boolean narrows = narrowsAt == block;
        List<NDArray> parts = new ArrayList<>();
        List<Long> rows = new ArrayList<>();
        for (SweepGroup group : groups) {
            int first = group.offset();
            int tokens = group.tokens();
            int active = group.active();
            if (active > 0) {
                Projected own =
                        projected.window(first, first + (long) group.rows(), group.active());
                mix(block, own, group, narrows && mayNarrow(group), pass).ifPresent(parts::add);
            }
            group.copyBaseOfWaiting(block);
            for (int row = 0; row < active * tokens; row++) {
                boolean left =
                        group.tokens() == tokens
                                ? group.active() == active
                                : (row + 1) % tokens == 0;
                if (left) {
                    rows.add((long) first + row);
                }
            }
        }
        if (narrows) {
            narrowed = Optional.of(rows.stream().mapToLong(Long::longValue).toArray());
            int offset = 0;
            for (SweepGroup group : groups) {
                group.setOffset(offset);
                offset += group.rows();
            }
        }
        return parts.size() == 1
                ? parts.get(0)
                : Tensors.concat(1, parts.toArray(new NDArray[0])); // [1, rows, head, d_head]
    }

    private boolean mayNarrow(SweepGroup group) {
        return !group.isOfBases() || !wholeBases.contains(group);
    }

    @Override
    public NDArray kept(int block, NDArray x, Pass pass) {
        if (block != narrowsAt || narrowed.isEmpty()) {
            return x;
        }
        long[] rows = narrowed.get();
        if (rows.length == x.getShape().get(1)) {
            return x;
        }
        long width = x.getShape().get(2);
        try (NDArray flat = Tensors.reshape(x, x.getShape().get(1), width);
                NDArray ids = pass.ops().fromLongs(x.getManager(), rows, new Shape(rows.length));
                NDArray left = Tensors.embedding(ids, flat)) {
            NDArray kept = Tensors.reshape(left, 1, rows.length, width);
            kept.attach(x.getManager());
            return kept;
        }
    }

    /** Empty where nothing of the group goes on after its keys and values. */
    private Optional<NDArray> mix(
            int block, Projected own, SweepGroup group, boolean narrows, Pass pass) {
        Tensors ops = pass.ops();
        long heads = attention.heads();
        Projected.QueriesAndKeys turned =
                own.rotated(ops, group.positions().rotation(block), heads);
        KeyValueStore.KeyValues mine = group.own(block, turned.k(), own.v());
        NDArray queries = turned.q();
        if (narrows) {
            group.narrow();
            if (group.active() == 0) {
                return Optional.empty();
            }
            long pos = queries.getShape().get(1);
            queries = Tensors.slice(queries, 1, pos - group.tokens(), pos);
        }
        long cells = group.active();
        long tokens = group.tokens();
        double scale = attention.scales().get(block);
        NDArray q = scale == 1 ? queries : ops.mul(queries, scale);
        NDArray scores = scores(block, q, mine.keys(), group); // [head, cell * pos, key_pos]
        if (attention.softCap().isPresent()) {
            try (NDArray raw = scores) {
                scores = ops.softCap(raw, attention.softCap().getAsDouble());
            }
        }
        long keyPos = group.past() + mine.keys().getShape().get(2);
        NDArray byCell = Tensors.reshape(scores, heads, cells, tokens, keyPos);
        scores.close();
        int window = attention.windows().get(block);
        if (watch.isPresent()) {
            watch.get().lookAtScores(block, group, byCell, window);
        }
        Optional<NDArray> mask = group.masks().additive(window);
        if (mask.isPresent()) {
            try (NDArray headFirst = Tensors.transpose(mask.get(), 0, 1)) { // [head, 1, pos, key]
                byCell = ops.addInto(byCell, headFirst);
            }
        }
        NDArray pattern;
        try (NDArray masked = byCell) { // the last view of the scores, which are large
            pattern = softmax(block, masked, group, ops);
        }
        NDArray z = values(block, pattern, mine.values(), group); // [1, cell * pos, head, d_head]
        pattern.close();
        return Optional.of(z);
    }

    private NDArray softmax(int block, NDArray scores, SweepGroup group, Tensors ops) {
        Optional<EdgeMask> cut = cuts.flatMap(c -> c.of(group, block, scores.getManager()));
        if (cut.isEmpty()) {
            return ops.softmax(scores);
        }
        try (EdgeMask mask = cut.get()) {
            NDArray masked =
                    mask.scores().isPresent() ? ops.addInto(scores, mask.scores().get()) : scores;
            NDArray pattern = mask.emptiesRows() ? ops.softmaxOrZero(masked) : ops.softmax(masked);
            return mask.pattern().isPresent()
                    ? ops.mulInto(pattern, mask.pattern().get())
                    : pattern;
        }
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
