package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.trace.LayerPair;
import java.util.stream.IntStream;

/**
 * How often each of some pairs of layers gave what was looked for.
 *
 * <p>{@link #oracle()} counts a subject if any pair does, which grows with the number of pairs and
 * is to be compared with the same of random vectors only; {@link #heldOut()} is free of that
 * choice.
 */
public final class PairRates {
    private final ImmutableList<LayerPair> pairs;
    private final HitTable table;
    private final CellRates rates; // one row, a column a pair

    PairRates(ImmutableList<LayerPair> pairs, HitTable table) {
        this.pairs = pairs;
        this.table = table;
        this.rates =
                new CellRates(
                        ImmutableIntArray.of(0),
                        ImmutableIntArray.copyOf(IntStream.range(0, pairs.size())),
                        ByScoring.of(scoring -> table));
    }

    /** {@return the pairs of layers, in the order they were computed} */
    public ImmutableList<LayerPair> pairs() {
        return pairs;
    }

    /** {@return which pair gave it for which subject, a column a pair} */
    public HitTable table() {
        return table;
    }

    /**
     * Returns how often one pair gave it.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return its rate
     * @throws OutOfRangeException if the pair was not computed
     */
    public Rate at(int sourceLayer, int targetLayer) {
        int column = pairs.indexOf(new LayerPair(sourceLayer, targetLayer));
        if (column < 0) {
            throw new OutOfRangeException(
                    "the pair of layers %d -> %d was not computed; those were: %s"
                            .formatted(sourceLayer, targetLayer, pairs));
        }
        return table.at(column);
    }

    /** {@return how often at least one pair gave it; optimistic, see above} */
    public Rate oracle() {
        return table.any(0, pairs.size());
    }

    /** {@return whether there are subjects enough, two, to choose a pair on some of them} */
    public boolean hasHeldOut() {
        return rates.hasHeldOutCell();
    }

    /**
     * Returns the best pair on half of the subjects, and its rate on the others.
     *
     * @return the pair; of equals the first
     * @throws IllegalStateException if there are fewer than two subjects
     */
    public HeldOutCell heldOut() {
        HeldOutCell cell = rates.heldOutCell().strict();
        LayerPair pair = pairs.get(cell.targetLayer());
        return new HeldOutCell(pair.source(), pair.target(), cell.dev(), cell.test());
    }

    /**
     * Compares the held-out pair with the same pair of other answers, on the half that had no part
     * in choosing it.
     *
     * @param other the same pairs under other vectors
     * @param seed of the bootstrap
     * @return the share of this less that of the other
     * @throws IllegalStateException if there are fewer than two subjects
     */
    public Difference over(PairRates other, long seed) {
        return rates.over(other.rates, seed).strict();
    }

    /** Compares with one other answer to each subject. */
    Difference over(HitTable other, long seed) {
        return rates.over(ByScoring.of(scoring -> other), seed).strict();
    }
}
