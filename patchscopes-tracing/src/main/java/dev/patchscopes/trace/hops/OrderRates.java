package dev.patchscopes.trace.hops;

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
 * How often the pairs of layers of one {@link LayerOrder} answer: the cells of a grid on one side
 * of its diagonal, or on it. No other pair is counted or chosen.
 *
 * <p>{@link #oracle()} counts a question if any of the pairs answers it, and is to be compared with
 * the same of random vectors only; {@link #heldOutCell()} is free of that choice.
 */
public final class OrderRates {
    private final ImmutableList<LayerPair> pairs;
    private final CellRates rates; // one row, a column a pair

    OrderRates(ImmutableList<LayerPair> pairs, ByScoring<HitTable> tables) {
        this.pairs = pairs;
        this.rates =
                new CellRates(
                        ImmutableIntArray.of(0),
                        ImmutableIntArray.copyOf(IntStream.range(0, pairs.size())),
                        tables);
    }

    /** {@return the pairs that were swept, source layers outermost; none if the order has none} */
    public ImmutableList<LayerPair> pairs() {
        return pairs;
    }

    /**
     * Returns how many questions one pair answers.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return its rates
     * @throws OutOfRangeException if the pair is of another order or was not swept
     */
    public ByScoring<Rate> at(int sourceLayer, int targetLayer) {
        int column = pairs.indexOf(new LayerPair(sourceLayer, targetLayer));
        if (column < 0) {
            throw new OutOfRangeException(
                    "layers %d -> %d are no pair of this order that was swept; those were: %s"
                            .formatted(sourceLayer, targetLayer, pairs));
        }
        return rates.at(0, column);
    }

    /** {@return how many questions at least one pair answers; optimistic, see above} */
    public ByScoring<Rate> oracle() {
        return rates.oracle();
    }

    /**
     * {@return whether there is a pair, and subjects enough, two, to choose one on some of them}
     */
    public boolean hasHeldOutCell() {
        return !pairs.isEmpty() && rates.hasHeldOutCell();
    }

    /**
     * Returns the best pair on half of the subjects, and its rate on the others.
     *
     * @return one a scoring; of equals the first
     * @throws IllegalStateException if no pair was swept, or a scoring counts fewer than two
     *     subjects
     */
    public ByScoring<HeldOutCell> heldOutCell() {
        checkPairs();
        ByScoring<HeldOutCell> cells = rates.heldOutCell();
        return ByScoring.of(
                scoring -> {
                    HeldOutCell cell = cells.get(scoring);
                    LayerPair pair = pairs.get(cell.targetLayer());
                    return new HeldOutCell(pair.source(), pair.target(), cell.dev(), cell.test());
                });
    }

    /**
     * Compares the held-out pair with the same pair under other vectors, on the half that had no
     * part in choosing it.
     *
     * @param other the same pairs under other vectors
     * @param seed of the bootstrap
     * @return the share of this less that of the other
     * @throws IllegalStateException if no pair was swept, or a scoring counts fewer than two
     *     subjects
     * @throws IllegalArgumentException if the other has other pairs or questions
     */
    public ByScoring<Difference> over(OrderRates other, long seed) {
        checkPairs();
        return rates.over(other.rates, seed);
    }

    private void checkPairs() {
        if (pairs.isEmpty()) {
            throw new IllegalStateException(
                    "no pair of layers of this order was swept: choose other layers(...)");
        }
    }

    /** {@return the number of pairs and their oracle} */
    @Override
    public String toString() {
        return "%d pairs of layers, any: %s".formatted(pairs.size(), oracle());
    }
}
