package dev.patchscopes.trace.patching;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.Axis;
import dev.patchscopes.model.Site;
import java.util.Locale;

/**
 * What is patched: a kind of activation, and how much of it in each cell.
 *
 * @param site which activation
 * @param grain how much of it
 */
public record PatchTarget(PatchedSite site, PatchGrain grain) {

    /**
     * Checks that the activation has such parts.
     *
     * @param site which activation
     * @param grain how much of it
     * @throws IllegalArgumentException if it has no heads, or no rows of weights, to patch one of
     */
    public PatchTarget {
        Site place = site.site();
        boolean fits =
                switch (grain) {
                    case BLOCK, POSITION -> !place.isPairwise();
                    case HEAD -> place.hasHeads();
                    case POSITION_AND_HEAD -> place.hasHeads() && !place.isPairwise();
                    case DESTINATION, EDGE -> place.isPairwise();
                };
        checkArgument(
                fits,
                "%s has axes %s and cannot be patched by %s: %s",
                site,
                place.axes(),
                grain,
                place.isPairwise()
                        ? "use HEAD, DESTINATION or EDGE"
                        : place.hasHeads()
                                ? "use BLOCK, POSITION, HEAD or POSITION_AND_HEAD, or the site PATTERN"
                                : "use BLOCK or POSITION, or a site with heads such as Z");
    }

    /**
     * All positions of a block in one cell, [block].
     *
     * @param site any but the pattern
     * @return the target
     */
    public static PatchTarget byBlock(PatchedSite site) {
        return new PatchTarget(site, PatchGrain.BLOCK);
    }

    /**
     * A cell for each block and position, [block, pos].
     *
     * @param site any but the pattern; of one with heads, all of them
     * @return the target
     */
    public static PatchTarget byPosition(PatchedSite site) {
        return new PatchTarget(site, PatchGrain.POSITION);
    }

    /**
     * A cell for each head, at all positions, [block, head].
     *
     * @param site one with heads
     * @return the target
     */
    public static PatchTarget byHead(PatchedSite site) {
        return new PatchTarget(site, PatchGrain.HEAD);
    }

    /**
     * A cell for each head and position, [block, pos, head].
     *
     * @param site one with heads, but not the pattern
     * @return the target
     */
    public static PatchTarget byPositionAndHead(PatchedSite site) {
        return new PatchTarget(site, PatchGrain.POSITION_AND_HEAD);
    }

    /** {@return a cell for each row of attention weights, [block, head, dest]} */
    public static PatchTarget patternByDestination() {
        return new PatchTarget(PatchedSite.PATTERN, PatchGrain.DESTINATION);
    }

    /** {@return a cell for each attention weight, [block, head, dest, src]} */
    public static PatchTarget patternByEdge() {
        return new PatchTarget(PatchedSite.PATTERN, PatchGrain.EDGE);
    }

    /**
     * {@return the three maps that a circuit is first looked for in: the residual stream and what
     * attention and MLPs add to it, by block and position}
     */
    public static ImmutableList<PatchTarget> streams() {
        return ImmutableList.of(
                byPosition(PatchedSite.RESID_PRE),
                byPosition(PatchedSite.ATTN_OUT),
                byPosition(PatchedSite.MLP_OUT));
    }

    /**
     * {@return the maps of whole heads: their outputs, queries, keys, values and patterns, by block
     * and head}
     */
    public static ImmutableList<PatchTarget> heads() {
        return ImmutableList.of(
                byHead(PatchedSite.Z),
                byHead(PatchedSite.Q),
                byHead(PatchedSite.K),
                byHead(PatchedSite.V),
                byHead(PatchedSite.PATTERN));
    }

    /** {@return names of the axes of the values, outermost first} */
    public ImmutableList<String> axes() {
        String head = site.site().axes().contains(Axis.KV_HEAD) ? "kv_head" : "head";
        return switch (grain) {
            case BLOCK -> ImmutableList.of("block");
            case POSITION -> ImmutableList.of("block", "pos");
            case HEAD -> ImmutableList.of("block", head);
            case POSITION_AND_HEAD -> ImmutableList.of("block", "pos", head);
            case DESTINATION -> ImmutableList.of("block", head, "dest");
            case EDGE -> ImmutableList.of("block", head, "dest", "src");
        };
    }

    /** {@return for example {@code attn_out [block, pos]}} */
    @Override
    public String toString() {
        return site.name().toLowerCase(Locale.ROOT) + " " + axes();
    }
}
