package dev.patchscopes.trace.hops;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.text.Quoting;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * What a {@link MultiHop} found: how often each pair of layers answers, how often the model does
 * without a patch, and how often a random vector does.
 *
 * <p>Under each scoring, those questions count whose two hops the model answers under the same
 * scoring, as in Ghandeharioun et al., "Patchscopes" (2024), section 5, unless all were to count;
 * and of these only those it fails directly, if so chosen.
 *
 * <p>Intervals take each subject for one draw: several questions about one do not narrow them.
 *
 * <p>Java values; needs no closing. Two reports are equal if they hold the same answers.
 */
public final class MultiHopReport implements Viewable {
    private final MultiHopProvenance provenance;
    private final ImmutableList<HopReading> questions;
    private final HopTables tables;
    private final CellRates patched;
    private final CellRates random;

    /**
     * @throws IllegalArgumentException if a question has not an answer for each pair of layers, or
     *     none though it counts
     */
    MultiHopReport(MultiHopProvenance provenance, List<HopReading> questions) {
        questions.forEach(reading -> checkCells(provenance, reading));
        this.provenance = provenance;
        this.questions = ImmutableList.copyOf(questions);
        this.tables = new HopTables(provenance, this.questions);
        this.patched = tables.cells(HopReading::patched);
        this.random = tables.cells(HopReading::random);
    }

    private static void checkCells(MultiHopProvenance plan, HopReading reading) {
        boolean counts =
                Arrays.stream(Scoring.values()).anyMatch(scoring -> plan.counts(reading, scoring));
        int patched = reading.patched().size();
        int random = reading.random().size();
        checkArgument(
                patched == random && (patched == plan.cells() || (patched == 0 && !counts)),
                "%s has %s patched and %s random answers, and layers %s x %s make %s cells: give each cell its answer%s",
                Quoting.quoteShort(reading.question().question()),
                patched,
                random,
                plan.sourceLayers(),
                plan.targetLayers(),
                plan.cells(),
                counts ? "" : ", or none, as the question does not count");
    }

    /** {@return all that determined the report but the questions} */
    public MultiHopProvenance provenance() {
        return provenance;
    }

    /** {@return every question with what the model said} */
    public ImmutableList<HopReading> questions() {
        return questions;
    }

    /**
     * Lists the questions that count.
     *
     * @param scoring under which scoring
     * @return them, in order
     */
    public ImmutableList<HopReading> counted(Scoring scoring) {
        return tables.counted(scoring);
    }

    /** {@return how many questions passed which filter} */
    public ByScoring<HopCounts> counts() {
        return ByScoring.of(this::counts);
    }

    private HopCounts counts(Scoring scoring) {
        List<HopReading> known = questions.stream().filter(q -> q.knowsHops(scoring)).toList();
        return new HopCounts(
                questions.size(),
                known.size(),
                (int) known.stream().filter(q -> !q.isAnswer(q.direct(), scoring)).count(),
                counted(scoring).size());
    }

    /** {@return the cells with the representations patched in} */
    public CellRates patched() {
        return patched;
    }

    /**
     * {@return the same cells with a random vector of the same length patched in, one for each
     * question and source layer}
     */
    public CellRates randomControl() {
        return random;
    }

    /**
     * Returns the patched cells of one order of layers.
     *
     * @param order which
     * @return the rates of these cells, and no others
     */
    public OrderRates within(LayerOrder order) {
        return tables.cells(HopReading::patched, order);
    }

    /**
     * Returns the random cells of one order of layers.
     *
     * @param order which
     * @return the rates of these cells, and no others
     */
    public OrderRates randomWithin(LayerOrder order) {
        return tables.cells(HopReading::random, order);
    }

    /** {@return rates of the question as it is; 0 if only those count that are failed} */
    public ByScoring<Rate> direct() {
        return rate(HopReading::direct);
    }

    /** {@return rates of the question after {@value MultiHop#STEP_BY_STEP}} */
    public ByScoring<Rate> stepByStep() {
        return rate(HopReading::stepByStep);
    }

    /** {@return rates of the target prompt without a patch} */
    public ByScoring<Rate> unpatched() {
        return rate(HopReading::unpatched);
    }

    private ByScoring<Rate> rate(Function<HopReading, String> text) {
        return ByScoring.of(scoring -> tables.texts(text).get(scoring).at(0));
    }

    /**
     * Returns how many questions one cell answers, patched.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return its rates
     * @throws dev.patchscopes.model.OutOfRangeException if the pair was not swept
     */
    public ByScoring<Rate> at(int sourceLayer, int targetLayer) {
        return patched.at(sourceLayer, targetLayer);
    }

    /** {@return {@link CellRates#oracle()} of the patched cells, the paper's number} */
    public ByScoring<Rate> oracle() {
        return patched.oracle();
    }

    /** {@return the best of the patched cells; too good by the choice} */
    public ByScoring<FixedCell> bestCell() {
        return ByScoring.of(scoring -> HopTables.best(patched, scoring));
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
     * Compares the held-out cell with the question as it is, on the half that had no part in
     * choosing the cell.
     *
     * @return the difference of the two shares
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     */
    public ByScoring<Difference> overDirect() {
        return over(HopReading::direct);
    }

    /**
     * Compares the held-out cell with the question after {@value MultiHop#STEP_BY_STEP}, on the
     * half that had no part in choosing the cell.
     *
     * @return the difference of the two shares
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     */
    public ByScoring<Difference> overStepByStep() {
        return over(HopReading::stepByStep);
    }

    /**
     * Compares the held-out cell with the target prompt without a patch, on the half that had no
     * part in choosing the cell.
     *
     * @return the difference of the two shares
     * @throws IllegalStateException if a scoring counts fewer than two subjects
     */
    public ByScoring<Difference> overUnpatched() {
        return over(HopReading::unpatched);
    }

    private ByScoring<Difference> over(Function<HopReading, String> text) {
        ByScoring<HitTable> other = tables.texts(text);
        return patched.over(other, provenance.seed());
    }

    /**
     * Draws the share of questions that each pair of layers answers, l downwards and l* across; the
     * held-out cell is marked.
     *
     * @param scoring how answers count
     * @return the heat map
     */
    public Heatmap heatmap(Scoring scoring) {
        return HopFigures.heatmap(this, scoring);
    }

    /**
     * Draws what each pair of layers makes the model say of one question.
     *
     * @param question index in {@link #questions()}
     * @return the heat map, right answers marked; empty cells if the question does not count
     * @throws IndexOutOfBoundsException if there is no such question
     */
    public Heatmap answers(int question) {
        return HopFigures.answers(this, questions.get(question));
    }

    /**
     * Draws the share of questions that any target layer answers by source layer, the paper's
     * curve, beside random vectors.
     *
     * @param scoring how answers count
     * @return the chart, with intervals
     */
    public LineChart curves(Scoring scoring) {
        return HopFigures.curves(this, scoring);
    }

    /**
     * Draws the shares of questions that the held-out cell, any cell, and any cell of each order
     * answers, beside random vectors and the model without a patch.
     *
     * @param scoring how answers count
     * @return the chart, with intervals
     */
    public BarChart bars(Scoring scoring) {
        return HopFigures.bars(this, scoring);
    }

    /** {@return a row a question: what was asked and said, and how many cells are right} */
    public Table readings() {
        return HopFigures.readings(this);
    }

    /** {@return rates of cells, the controls, and the questions} */
    @Override
    public Page page() {
        return HopFigures.page(this);
    }

    /**
     * Writes the rates as comma-separated values.
     *
     * @return a header and a line for each kind of vector, scoring and cell: answer ({@code
     *     patched}, {@code random}, or without layers {@code direct}, {@code step_by_step}, {@code
     *     unpatched}), scoring, source_layer, target_layer, share, low, high, hits, outcomes,
     *     subjects; see {@link Rate}
     */
    public String toCsv() {
        return HopCsv.of(this);
    }

    /**
     * Writes the report with all answers as JSON, for {@link #fromJson(String)}.
     *
     * @return the text
     */
    public String toJson() {
        return HopJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal report
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static MultiHopReport fromJson(String json) {
        return HopJson.read(json);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof MultiHopReport other
                && provenance.equals(other.provenance)
                && questions.equals(other.questions);
    }

    @Override
    public int hashCode() {
        return Objects.hash(provenance, questions);
    }

    /** {@return counts and rates with all controls, and the grid under the strict scoring} */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("%s%n".formatted(provenance));
        out.append("  strict: %s%n".formatted(counts().strict()));
        out.append("  paper: %s%n".formatted(counts().paper()));
        line(out, "direct question", direct());
        line(out, "step by step", stepByStep());
        line(out, "target unpatched", unpatched());
        line(out, "any cell, patched", patched.oracle());
        line(out, "any cell, random", random.oracle());
        for (LayerOrder order : LayerOrder.values()) {
            if (within(order).pairs().isEmpty()) {
                continue;
            }
            line(out, "any cell %s, patched".formatted(order), within(order).oracle());
            line(out, "any cell %s, random".formatted(order), randomWithin(order).oracle());
        }
        line(out, "best cell, patched", bestCell());
        if (patched.hasHeldOutCell()) {
            line(out, "held-out cell, patched", patched.heldOutCell());
            line(out, "held-out cell, random", random.heldOutCell());
            line(out, "same cell less random", overRandom());
            if (!provenance.onlyFailing()) { // else the direct answers are wrong by choice
                line(out, "same cell less direct", overDirect());
            }
            line(out, "same cell less step by step", overStepByStep());
            line(out, "same cell less unpatched", overUnpatched());
        }
        return out.append(patched).toString();
    }

    private static void line(StringBuilder out, String name, ByScoring<?> rates) {
        out.append(
                "  %-27s strict %-40s paper %s%n".formatted(name, rates.strict(), rates.paper()));
    }
}
