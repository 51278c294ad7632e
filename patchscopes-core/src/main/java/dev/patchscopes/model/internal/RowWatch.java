package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Looks at the rows of many cells at once, [1, rows, ...], and stops at the first point where some
 * are not finite. Which cell or base run they are of is all it says; run alone, that one shows
 * more.
 */
final class RowWatch implements Taps {
    private final Taps inner;
    private final WatchedSites sites;
    private final IntFunction<Owner> owners;

    /** Whose a row is: a base run or a cell, by its place in the sweep. */
    record Owner(boolean isBase, int index) {
        static Owner base(int index) {
            return new Owner(true, index);
        }

        static Owner cell(int index) {
            return new Owner(false, index);
        }
    }

    /** Thrown inside a sweep's pass, and never out of the sweep. */
    static final class Found extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Owner owner;
        private final transient HookPoint point;

        private Found(Owner owner, HookPoint point) {
            super("%s: %s".formatted(point, owner), null, false, false);
            this.owner = owner;
            this.point = point;
        }

        Owner owner() {
            return owner;
        }

        HookPoint point() {
            return point;
        }
    }

    private RowWatch(Taps inner, ArchitectureSpec spec, IntFunction<Owner> owners) {
        this.inner = inner;
        this.sites = new WatchedSites(spec);
        this.owners = owners;
    }

    /** Looks at what other taps go on with. */
    static RowWatch of(Taps inner, ArchitectureSpec spec, IntFunction<Owner> owners) {
        return new RowWatch(inner, spec, owners);
    }

    /** Looks at the rows of groups, which know where they stand at any time. */
    static RowWatch of(Taps inner, ArchitectureSpec spec, List<SweepGroup> groups) {
        return of(inner, spec, row -> owner(groups, row));
    }

    private static Owner owner(List<SweepGroup> groups, int row) {
        for (SweepGroup group : groups) {
            int at = row - group.offset();
            if (at >= 0 && at < group.rows()) {
                return owner(group, group.cells().get(at / group.tokens()));
            }
        }
        throw new IllegalStateException("row " + row + " is of no group");
    }

    private static Owner owner(SweepGroup group, CellPlan cell) {
        return group.isOfBases() ? Owner.base(cell.base()) : Owner.cell(cell.index());
    }

    @Override
    public boolean wants(Site site, int block) {
        return inner.wants(site, block) || sites.contains(site);
    }

    @Override
    public NDArray visit(Site site, int block, NDArray value) {
        NDArray current = inner.tap(site, block, value);
        if (sites.contains(site)) {
            look(HookPoint.of(site, block), current);
        }
        return current;
    }

    /** Looks at rows that no block has shown. */
    void look(HookPoint point, NDArray value) {
        if (Extremes.of(value).areFinite()) {
            return;
        }
        HostArray all = HostArray.of(value);
        int rows = Math.toIntExact(value.getShape().get(1));
        int width = all.size() / rows;
        for (int i = 0; i < all.size(); i++) {
            if (!Double.isFinite(all.get(i))) {
                throw new Found(owners.apply(i / width), point);
            }
        }
    }

    /**
     * Looks at a group's scores before anything masks them: negative infinity leaves no trace
     * behind a softmax.
     *
     * @param scores [head, cell, pos, key_pos]
     * @param window how many keys back a query sees; 0 is all
     */
    void lookAtScores(int block, SweepGroup group, NDArray scores, int window) {
        if (Extremes.of(scores).areFinite()) {
            return;
        }
        HostArray all = HostArray.of(scores);
        int keys = Math.toIntExact(scores.getShape().get(3));
        int tokens = group.tokens();
        int cells = group.active();
        for (int i = 0; i < all.size(); i++) {
            int query = group.columns().from() + i / keys % tokens;
            if (!Double.isFinite(all.get(i)) && group.columns().sees(0, query, i % keys, window)) {
                CellPlan cell = group.cells().get(i / keys / tokens % cells);
                throw new Found(owner(group, cell), HookPoint.scores(block));
            }
        }
    }

    @Override
    public Optional<EdgeMask> edges(int block) {
        return inner.edges(block);
    }
}
