package dev.patchscopes.trace.patching;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.report.Table;
import java.util.stream.IntStream;

/**
 * What {@link AttributionPatching} estimates: approximate metrics of patched runs, none of which
 * was run.
 *
 * @param approximation how the values were estimated; they are not measurements
 * @param provenance all that determined the values but the prompts
 * @param pairs the pairs, with what the model makes of them unpatched, which is exact
 * @param grids approximate values, a grid a target
 */
public record AttributionResult(
        String approximation,
        PatchingProvenance provenance,
        ImmutableList<PairReading> pairs,
        ImmutableList<PatchGrid> grids)
        implements PatchedCells {

    /** The approximation made. */
    static final String FIRST_ORDER =
            "first order: metric of the unpatched run + gradient . (patched in - unpatched)";

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal result
     * @throws IllegalArgumentException if it is something else, measured values among them
     */
    public static AttributionResult fromJson(String json) {
        return RecordJson.read(json, AttributionResult.class, "attribution result");
    }

    /**
     * Compares the estimates with what patching measured: Pearson's correlation of the effects over
     * all cells and pairs of a target.
     *
     * @param measured of the same pairs
     * @param target patched in both
     * @return -1 to 1; not a number if all effects on one side are equal
     * @throws IllegalArgumentException if the two are about different pairs or directions
     */
    public double correlation(PatchingResult measured, PatchTarget target) {
        checkArgument(
                ids(this).equals(ids(measured))
                        && provenance.direction() == measured.provenance().direction()
                        && provenance.metric() == measured.provenance().metric(),
                "the measured result is about other prompts, another direction or another metric: run both on the same");
        return correlation(effects(this, target), effects(measured, target));
    }

    /**
     * Compares the estimates of all targets with what patching measured.
     *
     * @param measured of the same pairs
     * @return a row a target that both have: what was patched, number of cells, and {@link
     *     #correlation}
     * @throws IllegalArgumentException if the two are about different pairs or directions
     */
    public Table correlations(PatchingResult measured) {
        return PatchPages.correlations(this, measured);
    }

    private static ImmutableList<ImmutableList<Integer>> ids(PatchedCells cells) {
        return cells.pairs().stream()
                .flatMap(
                        p ->
                                ImmutableList.of(
                                        p.cleanIds(), p.corruptedIds(), p.answer(), p.other())
                                        .stream())
                .collect(ImmutableList.toImmutableList());
    }

    private static double[] effects(PatchedCells cells, PatchTarget target) {
        PatchGrid grid = cells.grid(target);
        return IntStream.range(0, cells.pairs().size())
                .boxed()
                .flatMapToDouble(
                        pair -> {
                            double base =
                                    cells.pairs()
                                            .get(pair)
                                            .unpatched(cells.provenance().direction());
                            return grid.values().get(pair).stream().mapToDouble(v -> v - base);
                        })
                .toArray();
    }

    private static double correlation(double[] a, double[] b) {
        double meanA = IntStream.range(0, a.length).mapToDouble(i -> a[i]).average().orElseThrow();
        double meanB = IntStream.range(0, b.length).mapToDouble(i -> b[i]).average().orElseThrow();
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }
        return ab / Math.sqrt(aa * bb);
    }

    @Override
    public String toJson() {
        return RecordJson.write(this);
    }

    /** {@return prompts, metrics and the cells with the largest estimated effects} */
    @Override
    public String toString() {
        return PatchText.summary("Attribution patching (approximate, first order)", this);
    }
}
