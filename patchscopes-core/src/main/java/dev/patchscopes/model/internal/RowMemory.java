package dev.patchscopes.model.internal;

import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import java.util.List;
import java.util.Set;

/**
 * What one token takes in memory while it goes through a block of a sweep's pass: everything that
 * is alive at the moment when most is.
 *
 * <p>A block's tensors live until the block ends unless they are closed before; those that are
 * closed count in the half of the block that makes them.
 */
final class RowMemory {
    private final ArchitectureSpec spec;
    private final long bytes; // of a value
    private final boolean half;

    RowMemory(ArchitectureSpec spec, int bytes) {
        this.spec = spec;
        this.bytes = bytes;
        this.half = bytes == 2;
    }

    /**
     * A token in a block.
     *
     * @param keys tokens it attends to
     * @param masked values a key that masks of cut edges hold for the token
     * @param copied values of the token that are copied to be changed
     */
    long inBlock(long keys, long masked, long copied) {
        long queries = spec.queryWidth();
        long keyValues = spec.keyValueWidth();
        // the stream at its stations, normed inputs, what is added to the stream
        long stream = (spec.layout().outputNorms() ? 12L : 10L) * spec.width();
        // projected, rotated, scaled, mixed by group and for all groups
        long attention = 5 * queries + 3 * keyValues;
        if (spec.attention().qkNorm() != ArchitectureSpec.QkNorm.NONE) {
            attention += 2 * (queries + keyValues);
        }
        // contiguous copies for products, and scores
        long mixing = 2 * queries + 2 * keyValues + scores(masked > 0) * keys;
        // the gate and what it opens are views of one tensor, which stays
        long mlp = (spec.mlp().gated() ? 4L : 3L) * spec.mlp().width();
        long values = stream + attention + Math.max(mixing, mlp) + copied;
        // masks are laid out in Java, put into a float32 tensor, and cast if need be
        return bytes * values + keys * masked * (8 + (bytes == 4 ? 0 : bytes));
    }

    /** Values a key: the scores, the pattern, and what lies between them. */
    private long scores(boolean cut) {
        long copies = 3L + (half ? 1 : 0); // half a precision takes its softmax in float32
        if (cut) { // rows that nothing is left of are looked for
            copies += half ? 2 : 1;
        }
        return copies * spec.attention().heads();
    }

    /** What masks of these cuts hold for a token and a key it attends to. */
    long masked(List<RunPlan.Step> cuts) {
        boolean before = false;
        boolean after = false;
        boolean allHeads = true;
        for (RunPlan.Step step : cuts) {
            EdgeCut cut = (EdgeCut) step.intervention();
            before |= cut.renormalised();
            after |= !cut.renormalised();
            allHeads &= cut.heads().isEmpty();
        }
        int kinds = (before ? 1 : 0) + (after ? 1 : 0);
        return kinds * (allHeads ? 1L : spec.attention().heads());
    }

    /** What a group of cells or base runs holds throughout a pass: causal masks and positions. */
    long ofGroup(long tokens, long keys) {
        long windows = spec.attention().windows().stream().distinct().count();
        long heads = spec.alibi().isPresent() ? spec.attention().heads() : 0;
        long masks = windows * (tokens * keys * (1 + heads) + keys * heads);
        long positions = 2 * tokens; // ids of learned positions, or angles
        if (spec.positions() instanceof ArchitectureSpec.PositionSpec.Rotary rotary) {
            positions += 2L * tokens * rotary.dims() * rotary.variants().size();
        }
        // masks are made in float32 and cast if need be; tables in float64
        return masks * Math.max(4, bytes) + positions * 8;
    }

    /** Keys and values of a token in all blocks. */
    long keysAndValues() {
        return 2L * spec.layers() * oneBlock();
    }

    /** Keys of a token in one block. */
    long oneBlock() {
        return bytes * spec.keyValueWidth();
    }

    /** What is kept of a base run's token for cells: residuals, keys and values. */
    long kept() {
        return (spec.layers() + 1L) * residual() + keysAndValues();
    }

    /** A residual. */
    long residual() {
        return bytes * spec.width();
    }

    /** The logits of a token while they are read. */
    long logits() {
        long copies = 3L + (half ? 2 : 0) + (spec.unembedding().softCap().isPresent() ? 1 : 0);
        return copies * bytes * spec.vocabulary();
    }

    /** A vector at a point, as a table of it. */
    long vector(HookPoint point) {
        return bytes * SiteWidths.of(spec, point.site());
    }

    /** A vector that is written, on its way there. */
    long written(HookPoint point) {
        return (8 + bytes) * SiteWidths.of(spec, point.site()); // values come in float64
    }

    /** Values of a token that are copied to change some at these sites. */
    long copied(Set<Site> changed, long keys) {
        return changed.stream().mapToLong(site -> copied(site, keys)).sum();
    }

    private long copied(Site site, long keys) {
        return switch (site) {
            case ATTN_SCORES, PATTERN -> spec.attention().heads() * keys;
            // norms are then taken in steps
            case LN1_SCALE, LN2_SCALE, LN1_NORMALIZED, LN2_NORMALIZED -> 4L * spec.width();
            default -> SiteWidths.of(spec, site);
        };
    }
}
