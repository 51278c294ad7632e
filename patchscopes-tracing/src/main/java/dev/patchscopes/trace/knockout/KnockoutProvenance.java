package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.internal.BlockWindow;

/**
 * All that determines a knockout besides its prompts: with the same model, repeating it gives the
 * same values.
 *
 * @param library version of the library
 * @param model which model
 * @param layers its number of blocks L, and of windows
 * @param metric what is measured of the answer
 * @param against the other token of a logit difference; else empty
 * @param window width of the windows in blocks
 * @param heads query heads whose edges are cut; empty for all
 * @param renormalised whether the weights that are left sum to one again
 * @param seed of the random control, and of the half of the subjects that blocks are chosen on
 * @param execution how cells were computed
 */
public record KnockoutProvenance(
        LibraryVersion library,
        ModelIdentity model,
        int layers,
        AnswerMetric metric,
        ImmutableList<Integer> against,
        int window,
        ImmutableList<Integer> heads,
        boolean renormalised,
        long seed,
        Execution execution) {

    /**
     * Returns where the window around a block begins.
     *
     * @param centre block, 0..L-1
     * @return its first block
     */
    public int firstBlock(int centre) {
        return around(centre).from();
    }

    /**
     * Returns where the window around a block ends.
     *
     * @param centre block, 0..L-1
     * @return the block after its last one
     */
    public int endBlock(int centre) {
        return around(centre).to();
    }

    /** The blocks around a centre in which edges are cut. */
    BlockWindow around(int centre) {
        return BlockWindow.around(centre, window, layers);
    }

    /** Edges cut in a window, as everything here cuts them. */
    EdgeCut cut(Positions queries, Positions keys, BlockWindow blocks) {
        EdgeCut cut =
                Intervention.cutAttention(queries, keys, blocks.from(), blocks.to())
                        .heads(heads.stream().mapToInt(h -> h).toArray());
        return renormalised ? cut : cut.zeroed();
    }

    /**
     * What a knockout changes: of a probability in percent of what it was, as Geva et al. report,
     * as it may be anything from 0 to 1; of a logarithm or a difference, which are compared by
     * subtraction, the difference.
     */
    double change(double base, double value) {
        return metric == AnswerMetric.PROBABILITY ? (value - base) / base * 100 : value - base;
    }

    /** {@return unit of changes} */
    String unit() {
        return metric == AnswerMetric.PROBABILITY ? "% of the base probability" : "nats";
    }

    /** {@return metric, window and model in a line} */
    @Override
    public String toString() {
        return "%s in %s, windows of %d of %d blocks%s%s"
                .formatted(
                        metric.label(),
                        model.name(),
                        window,
                        layers,
                        heads.isEmpty() ? "" : ", heads " + heads,
                        renormalised ? "" : ", not renormalised");
    }
}
