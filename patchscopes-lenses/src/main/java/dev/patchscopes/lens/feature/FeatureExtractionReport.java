package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What a {@link FeatureExtraction} found: how often each pair of layers names the attribute, and
 * how often it is named without what the representation holds.
 *
 * <p>Under each scoring, those samples count whose direct question the model answers under the same
 * scoring, as in Ghandeharioun et al., "Patchscopes" (2024), section 4.2, unless all were to count.
 *
 * <p>Intervals take each subject for one draw: several sentences about one do not narrow them.
 *
 * <p>Java values; needs no closing. Two reports are equal if they hold the same answers.
 */
public final class FeatureExtractionReport implements Viewable {
    private final FeatureProvenance provenance;
    private final String placeholderAnswer;
    private final ImmutableList<SampleReading> samples;
    private final CellRates patched;
    private final CellRates random;

    FeatureExtractionReport(
            FeatureProvenance provenance, String placeholderAnswer, List<SampleReading> samples) {
        this.provenance = provenance;
        this.placeholderAnswer = placeholderAnswer;
        this.samples = ImmutableList.copyOf(samples);
        this.patched = rates(SampleReading::patched);
        this.random = rates(SampleReading::random);
    }

    private CellRates rates(Function<SampleReading, List<String>> texts) {
        return new CellRates(
                provenance.sourceLayers(),
                provenance.targetLayers(),
                ByScoring.of(scoring -> table(scoring, texts)));
    }

    private HitTable table(Scoring scoring, Function<SampleReading, List<String>> texts) {
        return table(
                scoring,
                (reading, s) -> {
                    BitSet hits = new BitSet();
                    List<String> all = texts.apply(reading);
                    for (int cell = 0; cell < all.size(); cell++) {
                        hits.set(cell, s.finds(all.get(cell), reading.sample().fact()));
                    }
                    return hits;
                });
    }

    private HitTable table(Scoring scoring, BiFunction<SampleReading, Scoring, BitSet> hits) {
        ImmutableList<SampleReading> counted = counted(scoring);
        ImmutableList<String> subjects =
                counted.stream()
                        .map(reading -> reading.sample().fact().subject())
                        .collect(ImmutableList.toImmutableList());
        return HitTable.of(
                subjects,
                counted.stream().map(reading -> hits.apply(reading, scoring)).toList(),
                provenance.seed());
    }

    /** {@return all that determined the report but the samples} */
    public FeatureProvenance provenance() {
        return provenance;
    }

    /** {@return every sample with what the model said} */
    public ImmutableList<SampleReading> samples() {
        return samples;
    }

    /** {@return what the model said of the placeholder itself, without a patch} */
    public String placeholderAnswer() {
        return placeholderAnswer;
    }

    /**
     * Lists the samples that count.
     *
     * @param scoring under which scoring
     * @return them, in order
     */
    public ImmutableList<SampleReading> counted(Scoring scoring) {
        return samples.stream()
                .filter(
                        reading ->
                                provenance.countsAll()
                                        || scoring.finds(reading.direct(), reading.sample().fact()))
                .collect(ImmutableList.toImmutableList());
    }

    /** {@return the cells with the representations patched in} */
    public CellRates patched() {
        return patched;
    }

    /**
     * {@return the same cells with a random vector of the same length patched in, one for each
     * sample and source layer}
     */
    public CellRates randomControl() {
        return random;
    }

    /** {@return rates of the target prompt without a patch: its one answer, for every sample} */
    public ByScoring<Rate> placeholder() {
        return ByScoring.of(scoring -> placeholderTable(scoring).at(0));
    }

    private HitTable placeholderTable(Scoring scoring) {
        return table(
                scoring,
                (reading, s) -> {
                    BitSet bit = new BitSet();
                    bit.set(0, s.finds(placeholderAnswer, reading.sample().fact()));
                    return bit;
                });
    }

    /** {@return rates of the direct question, among all samples} */
    public ByScoring<Rate> direct() {
        return ByScoring.of(
                scoring ->
                        Rate.of(
                                samples,
                                r -> scoring.finds(r.direct(), r.sample().fact()),
                                r -> r.sample().fact().subject()));
    }

    /**
     * Returns how many samples one cell answers, patched.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return its rates
     * @throws dev.patchscopes.model.OutOfRangeException if the pair was not swept
     */
    public ByScoring<Rate> at(int sourceLayer, int targetLayer) {
        return patched.at(sourceLayer, targetLayer);
    }

    /** {@return {@link CellRates#oracle()} of the patched cells} */
    public ByScoring<Rate> oracle() {
        return patched.oracle();
    }

    /**
     * Returns {@link CellRates#oracleAt} of the patched cells.
     *
     * @param sourceLayer l
     * @return its rates
     * @throws dev.patchscopes.model.OutOfRangeException if the layer was not swept
     */
    public ByScoring<Rate> oracleAt(int sourceLayer) {
        return patched.oracleAt(sourceLayer);
    }

    /**
     * Returns {@link CellRates#heldOutCell()} of the patched cells.
     *
     * @return one a scoring
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     */
    public ByScoring<HeldOutCell> heldOutCell() {
        return patched.heldOutCell();
    }

    /**
     * Compares the held-out cell with the same cell under random vectors, on the half that had no
     * part in choosing it.
     *
     * @return the difference of the two shares
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     */
    public ByScoring<Difference> overRandom() {
        return patched.over(random, provenance.seed());
    }

    /**
     * Compares the held-out cell with the target prompt without a patch, on the half that had no
     * part in choosing the cell.
     *
     * @return the difference of the two shares
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     */
    public ByScoring<Difference> overPlaceholder() {
        return patched.over(ByScoring.of(this::placeholderTable), provenance.seed());
    }

    /**
     * Shows the share of samples each pair of layers answers; the held-out cell is marked.
     *
     * @param scoring how answers count
     * @return the heat map, source layers downwards and target layers across
     */
    public Heatmap heatmap(Scoring scoring) {
        return FeatureFigures.heatmap(this, scoring);
    }

    /**
     * Shows the same of random vectors, to compare with: {@code
     * heatmap(scoring).minus(controlHeatmap(scoring))} shows what the representations add.
     *
     * @param scoring how answers count
     * @return the heat map
     */
    public Heatmap controlHeatmap(Scoring scoring) {
        return FeatureFigures.control(this, scoring);
    }

    /**
     * Draws {@link #oracleAt} by source layer, the paper's curve, beside that of random vectors and
     * the target prompt without a patch.
     *
     * @param scoring how answers count
     * @return the chart, with 95% intervals over subjects
     */
    public LineChart curves(Scoring scoring) {
        return FeatureFigures.curve(this, scoring);
    }

    /**
     * Shows what the model said of one sample in each cell; cells that name the object are marked.
     *
     * @param sample index of the sample
     * @param scoring how answers count
     * @return the heat map; empty cells if the sample was not patched, see {@link SampleReading}
     * @throws IndexOutOfBoundsException if there is no such sample
     */
    public Heatmap answers(int sample, Scoring scoring) {
        return FeatureFigures.answers(this, sample, scoring);
    }

    /** {@return heat maps and curves under both scorings, with controls, and all rates as a table} */
    @Override
    public Page page() {
        return FeatureFigures.page(this);
    }

    /**
     * Writes the rates as comma-separated values.
     *
     * @return a header and a line for each kind of vector, scoring and cell: vector ({@code
     *     patched} or {@code random}), scoring, source_layer, target_layer, share, low, high, hits,
     *     outcomes, subjects; see {@link Rate}
     */
    public String toCsv() {
        return FeatureCsv.of(this);
    }

    /**
     * Writes the report with all answers as JSON, for {@link #fromJson(String)}.
     *
     * @return the text
     */
    public String toJson() {
        return FeatureJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal report
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static FeatureExtractionReport fromJson(String json) {
        return FeatureJson.read(json);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof FeatureExtractionReport other
                && provenance.equals(other.provenance)
                && placeholderAnswer.equals(other.placeholderAnswer)
                && samples.equals(other.samples);
    }

    @Override
    public int hashCode() {
        return Objects.hash(provenance, placeholderAnswer, samples);
    }

    /** {@return the rates with all controls, and the grid under the strict scoring} */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("%s%n".formatted(provenance));
        line(out, "direct question", direct());
        line(out, "placeholder unpatched", placeholder());
        line(out, "any cell, patched", patched.oracle());
        line(out, "any cell, random", random.oracle());
        if (patched.hasHeldOutCell()) {
            line(out, "held-out cell, patched", patched.heldOutCell());
            line(out, "held-out cell, random", random.heldOutCell());
            line(out, "same cell less random", overRandom());
            line(out, "same cell less placeholder", overPlaceholder());
        }
        return out.append(patched).toString();
    }

    private static void line(StringBuilder out, String name, ByScoring<?> rates) {
        out.append(
                "  %-27s strict %-40s paper %s%n".formatted(name, rates.strict(), rates.paper()));
    }
}
