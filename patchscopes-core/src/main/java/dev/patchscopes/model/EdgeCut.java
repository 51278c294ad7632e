package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Positions;

/**
 * Attention edges cut in a range of blocks: chosen queries no longer attend to chosen keys.
 *
 * <p>With {@link #renormalised} edges are cut before the softmax, so that the rest of the row still
 * sums to one (attention knockout of Geva et al., 2023, section 4); otherwise their weights are set
 * to zero after it. A query that is left with no key attends to nothing: its pattern is zero.
 *
 * @param queries positions that attend
 * @param keys positions no longer attended to; pairs with the key after the query never existed and
 *     are passed over
 * @param fromBlock first block
 * @param toBlock block after the last one
 * @param rows which prompts of the batch; empty means all
 * @param heads which query heads; empty means all
 * @param renormalised whether the row is renormalised
 * @param phase when, during generation
 */
public record EdgeCut(
        Positions queries,
        Positions keys,
        int fromBlock,
        int toBlock,
        ImmutableIntArray rows,
        ImmutableIntArray heads,
        boolean renormalised,
        Phase phase)
        implements Intervention {

    /**
     * Checks the range of blocks.
     *
     * @param queries positions that attend
     * @param keys positions no longer attended to; pairs with the key after the query never existed
     *     and are passed over
     * @param fromBlock first block
     * @param toBlock block after the last one
     * @param rows which prompts of the batch; empty means all
     * @param heads which query heads; empty means all
     * @param renormalised whether the row is renormalised
     * @param phase when, during generation
     */
    public EdgeCut {
        checkArgument(
                fromBlock >= 0 && fromBlock < toBlock,
                "blocks %s..%s (end excluded) is no range; name at least one block",
                fromBlock,
                toBlock);
    }

    /**
     * Limits the cut to some prompts of the batch.
     *
     * @param indices row indices
     * @return the limited cut
     */
    public EdgeCut rows(int... indices) {
        return new EdgeCut(
                queries,
                keys,
                fromBlock,
                toBlock,
                ImmutableIntArray.copyOf(indices),
                heads,
                renormalised,
                phase);
    }

    /**
     * Limits the cut to some heads.
     *
     * @param indices query head indices
     * @return the limited cut
     */
    public EdgeCut heads(int... indices) {
        return new EdgeCut(
                queries,
                keys,
                fromBlock,
                toBlock,
                rows,
                ImmutableIntArray.copyOf(indices),
                renormalised,
                phase);
    }

    /**
     * Sets the cut edges' weights to zero after the softmax instead of renormalising.
     *
     * @return the cut
     */
    public EdgeCut zeroed() {
        return new EdgeCut(queries, keys, fromBlock, toBlock, rows, heads, false, phase);
    }

    /**
     * Chooses when the cut applies during generation; {@link Phase#PREFILL} unless chosen.
     *
     * @param when phase
     * @return the cut
     */
    public EdgeCut during(Phase when) {
        return new EdgeCut(queries, keys, fromBlock, toBlock, rows, heads, renormalised, when);
    }

    @Override
    public String toString() {
        return "cut attention from %s to %s in blocks %d..%d%s%s%s%s"
                .formatted(
                        queries,
                        keys,
                        fromBlock,
                        toBlock - 1,
                        rows.isEmpty() ? "" : ", rows " + rows,
                        heads.isEmpty() ? "" : ", heads " + heads,
                        renormalised ? "" : ", zeroed after the softmax",
                        phase == Phase.PREFILL ? "" : ", phase " + phase);
    }
}
