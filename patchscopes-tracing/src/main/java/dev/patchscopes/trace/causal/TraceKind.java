package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.internal.BlockWindow;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What is restored to its clean value in a corrupted run, always at one token.
 *
 * <p>Rows of the grids of residual kinds are layers k = 0..L of the residual stream, as everywhere
 * in this library: k is the output of the k-th block, which the paper's figures call layer k - 1,
 * and 0 is what enters the first block, which they do not show. Rows of the other grids are blocks
 * 0..L-1, the centres of the windows.
 *
 * <p>Outputs of attention and MLP are what their output projections give, {@link Site#ATTN_PROJ}
 * and {@link Site#MLP_PROJ}, as in the paper's code. Where only these are normalised, or nothing
 * is, restoring them is restoring {@code attn_out} and {@code mlp_out}, what is added to the
 * stream; where the stream itself is normalised after them, those would bring the stream with them.
 */
public enum TraceKind {
    /** One state of the residual stream, {@code resid_post} of a single block. */
    RESIDUAL,
    /** The output of attention in a window of blocks. */
    ATTN_OUT,
    /** The output of the MLP in a window of blocks. */
    MLP_OUT,
    /**
     * One state of the residual stream, while attention of the same token gives what it gives in
     * the corrupted run, in all blocks (section 2.2 of the paper, "severed").
     */
    RESIDUAL_ATTN_SEVERED,
    /** The same with the MLP of that token, whose later reads of the state are thus cut off. */
    RESIDUAL_MLP_SEVERED;

    /** {@return whether rows are layers 0..L, and not blocks} */
    public boolean isResidual() {
        return this == RESIDUAL || isSevered();
    }

    /** {@return whether a part of the later blocks is kept corrupted} */
    public boolean isSevered() {
        return this == RESIDUAL_ATTN_SEVERED || this == RESIDUAL_MLP_SEVERED;
    }

    /**
     * Counts the rows of a grid.
     *
     * @param blocks L
     * @return L + 1 layers, or L blocks
     */
    public int rows(int blocks) {
        return isResidual() ? blocks + 1 : blocks;
    }

    /** {@return the name as tables show it, such as {@code mlp out}} */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /**
     * What a cell takes from other runs.
     *
     * @param clean index of the clean base run
     * @param corrupted index of the cell's own base run
     * @param window blocks around the centre, for kinds that have one
     */
    ImmutableList<Patch> patches(
            int clean, int corrupted, int row, Positions token, int window, int blocks) {
        BlockWindow range =
                isResidual() // nothing differs before layer `row`, so nothing is to be kept there
                        ? new BlockWindow(row, isSevered() ? blocks : row)
                        : BlockWindow.around(row, window, blocks);
        ImmutableList.Builder<Patch> all = ImmutableList.builder();
        if (isResidual()) {
            all.add(Patch.of(clean, HookPoint.residual(row), token));
        }
        int source = isResidual() ? corrupted : clean;
        IntStream.range(range.from(), range.to())
                .forEach(block -> all.add(Patch.of(source, part(block), token)));
        return all.build();
    }

    private HookPoint part(int block) {
        return this == ATTN_OUT || this == RESIDUAL_ATTN_SEVERED
                ? HookPoint.of(Site.ATTN_PROJ, block)
                : HookPoint.of(Site.MLP_PROJ, block);
    }
}
