package dev.patchscopes.measure;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.OutOfRangeException;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How often the pairs of layers of a grid answer, one by one and taken together.
 *
 * <p>An oracle counts a sample as answered if any cell answers it, as the numbers of Ghandeharioun
 * et al., "Patchscopes" (2024) do, table 2: it grows with the number of cells whatever they say, so
 * that it means something beside the same oracle of random vectors only. {@link #heldOutCell()} is
 * free of that choice. Intervals take each subject for one draw, however many sentences it has.
 */
public final class CellRates {
    private final ImmutableIntArray sourceLayers;
    private final ImmutableIntArray targetLayers;
    private final ByScoring<HitTable> tables;

    /**
     * Makes the rates of a grid.
     *
     * @param sourceLayers the rows l, ascending
     * @param targetLayers the columns l*, ascending
     * @param tables what the cells answered, row by row
     */
    public CellRates(
            ImmutableIntArray sourceLayers,
            ImmutableIntArray targetLayers,
            ByScoring<HitTable> tables) {
        this.sourceLayers = sourceLayers;
        this.targetLayers = targetLayers;
        this.tables = tables;
    }

    /**
     * Returns what the cells answered, row by row.
     *
     * @param scoring how answers count
     * @return which cells answered which samples
     */
    public HitTable table(Scoring scoring) {
        return tables.get(scoring);
    }

    private int cells() {
        return sourceLayers.length() * targetLayers.length();
    }

    private int row(int sourceLayer) {
        int row = sourceLayers.indexOf(sourceLayer);
        if (row < 0) {
            throw new OutOfRangeException(
                    "source layer %d was not swept; those were: %s"
                            .formatted(sourceLayer, sourceLayers));
        }
        return row;
    }

    private int cell(int sourceLayer, int targetLayer) {
        int column = targetLayers.indexOf(targetLayer);
        if (column < 0) {
            throw new OutOfRangeException(
                    "target layer %d was not swept; those were: %s"
                            .formatted(targetLayer, targetLayers));
        }
        return row(sourceLayer) * targetLayers.length() + column;
    }

    /** {@return the rows l, ascending} */
    public ImmutableIntArray sourceLayers() {
        return sourceLayers;
    }

    /** {@return the columns l*, ascending} */
    public ImmutableIntArray targetLayers() {
        return targetLayers;
    }

    /**
     * Returns how many samples one cell answers.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return its rates
     * @throws OutOfRangeException if the pair was not swept
     */
    public ByScoring<Rate> at(int sourceLayer, int targetLayer) {
        int cell = cell(sourceLayer, targetLayer);
        return ByScoring.of(scoring -> table(scoring).at(cell));
    }

    /** {@return how many samples at least one cell answers; optimistic, see above} */
    public ByScoring<Rate> oracle() {
        return ByScoring.of(scoring -> table(scoring).any(0, cells()));
    }

    /**
     * Returns how many samples at least one target layer answers, the paper's curve over layers;
     * optimistic, see above.
     *
     * @param sourceLayer l
     * @return its rates
     * @throws OutOfRangeException if the layer was not swept
     */
    public ByScoring<Rate> oracleAt(int sourceLayer) {
        int first = row(sourceLayer) * targetLayers.length();
        return ByScoring.of(scoring -> table(scoring).any(first, first + targetLayers.length()));
    }

    /** {@return whether there are subjects enough, two, to choose a cell on some of them} */
    public boolean hasHeldOutCell() {
        return table(Scoring.STRICT).isHalved() && table(Scoring.PAPER).isHalved();
    }

    /**
     * Returns the best cell on half of the subjects, and its rate on the others.
     *
     * @return one a scoring
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     */
    public ByScoring<HeldOutCell> heldOutCell() {
        return ByScoring.of(this::heldOutCell);
    }

    private HeldOutCell heldOutCell(Scoring scoring) {
        HitTable table = table(scoring);
        int best = best(scoring);
        return new HeldOutCell(
                sourceLayers.get(best / targetLayers.length()),
                targetLayers.get(best % targetLayers.length()),
                table.onDev(best),
                table.onTest(best));
    }

    /**
     * Compares the held-out cell with a cell of other answers to the same samples, on the half that
     * had no part in choosing it.
     *
     * @param other the same grid under other vectors
     * @param seed of the bootstrap
     * @return the share of this less that of the other
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     * @throws IllegalArgumentException if the other has other layers or samples
     */
    public ByScoring<Difference> over(CellRates other, long seed) {
        checkArgument(
                sourceLayers.equals(other.sourceLayers) && targetLayers.equals(other.targetLayers),
                "a grid of layers %s x %s is compared with one of %s x %s: sweep the same",
                sourceLayers,
                targetLayers,
                other.sourceLayers,
                other.targetLayers);
        return ByScoring.of(
                scoring -> {
                    int best = best(scoring);
                    return table(scoring).onTest(best, other.table(scoring), best, seed);
                });
    }

    /**
     * Compares the held-out cell with one other answer to each of the same samples, on the half
     * that had no part in choosing it.
     *
     * @param other one answer a sample: cell 0
     * @param seed of the bootstrap
     * @return the share of this less that of the other
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     * @throws IllegalArgumentException if the other has other samples
     */
    public ByScoring<Difference> over(ByScoring<HitTable> other, long seed) {
        return ByScoring.of(
                scoring -> table(scoring).onTest(best(scoring), other.get(scoring), 0, seed));
    }

    private int best(Scoring scoring) {
        HitTable table = table(scoring);
        if (!table.isHalved()) {
            throw new IllegalStateException(
                    "a cell is chosen on half of the subjects and scored on the others, and scoring %s counts %d samples of fewer than two subjects"
                            .formatted(scoring, table.subjects().size()));
        }
        return table.best(cells());
    }

    /**
     * Returns the share of samples each cell answers, for a heat map.
     *
     * @param scoring how answers count
     * @return shares 0 to 1, [source layer l, target layer l*] in the order of {@link
     *     #sourceLayers()} and {@link #targetLayers()}
     */
    public ImmutableList<ImmutableDoubleArray> matrix(Scoring scoring) {
        HitTable table = table(scoring);
        int width = targetLayers.length();
        return IntStream.range(0, sourceLayers.length())
                .mapToObj(
                        row ->
                                ImmutableDoubleArray.copyOf(
                                        IntStream.range(row * width, (row + 1) * width)
                                                .mapToDouble(cell -> table.at(cell).share())))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * {@return a line a source layer with the percentage of each target layer, under the strict
     * scoring}
     */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("l \\ l*");
        targetLayers.forEach(layer -> out.append(String.format(Locale.ROOT, "%6d", layer)));
        ImmutableList<ImmutableDoubleArray> rows = matrix(Scoring.STRICT);
        for (int row = 0; row < rows.size(); row++) {
            out.append(String.format(Locale.ROOT, "%n%6d", sourceLayers.get(row)));
            rows.get(row)
                    .forEach(share -> out.append(String.format(Locale.ROOT, "%6.1f", 100 * share)));
        }
        return out.toString();
    }
}
