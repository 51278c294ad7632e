package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.trace.LayerPair;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What {@link BackPatching} found.
 *
 * @param provenance all that determined it besides the questions
 * @param questions each question with its answers
 */
public record BackPatchingReport(
        BackPatchingProvenance provenance, ImmutableList<BackPatchedQuestion> questions)
        implements Viewable {

    /** Checks that there is an answer for each pair of layers. */
    private BackPatchingReport checked() {
        int pairs = provenance.pairs().size();
        for (BackPatchedQuestion q : questions) {
            checkArgument(
                    q.patched().size() == pairs && q.random().size() == pairs,
                    "\"%s\" has %s patched and %s random answers for %s pairs of layers: give each pair its answer",
                    q.question().prompt(),
                    q.patched().size(),
                    q.random().size(),
                    pairs);
        }
        return this;
    }

    /** {@return how often the model answers without a patch} */
    public Rate plain() {
        return plainTable().at(0);
    }

    /** {@return how often each pair of layers answers} */
    public PairRates patched() {
        return rates(BackPatchedQuestion::patched);
    }

    /** {@return the same with random vectors} */
    public PairRates random() {
        return rates(BackPatchedQuestion::random);
    }

    /**
     * Compares the held-out pair of layers with the same under random vectors.
     *
     * @return the difference of the two shares, on questions that had no part in the choice
     * @throws IllegalStateException if there are fewer than two subjects
     */
    public Difference overRandom() {
        return patched().over(random(), provenance.seed());
    }

    /**
     * Compares the held-out pair of layers with no patch.
     *
     * @return the difference of the two shares, on questions that had no part in the choice
     * @throws IllegalStateException if there are fewer than two subjects
     */
    public Difference overPlain() {
        return patched().over(plainTable(), provenance.seed());
    }

    private HitTable plainTable() {
        return table(q -> List.of(q.plain()));
    }

    private PairRates rates(Function<BackPatchedQuestion, List<BackPatchedAnswer>> answers) {
        return new PairRates(provenance.pairs(), table(answers));
    }

    private HitTable table(Function<BackPatchedQuestion, List<BackPatchedAnswer>> answers) {
        return HitTable.of(
                questions.stream().map(BackPatchedQuestion::subject).toList(),
                questions.stream().map(q -> hits(q, answers.apply(q))).toList(),
                provenance.seed());
    }

    private static BitSet hits(BackPatchedQuestion question, List<BackPatchedAnswer> answers) {
        BitSet hits = new BitSet();
        for (int cell = 0; cell < answers.size(); cell++) {
            hits.set(cell, question.question().isAnsweredBy(answers.get(cell).text()));
        }
        return hits;
    }

    /**
     * {@return how often each pair of layers answers, l downwards and l* across, beside random
     * vectors; the held-out pair is marked}
     */
    public Heatmap heatmap() {
        return BackPatchingFigures.heatmap(this);
    }

    /**
     * {@return how often any pair and the held-out pair answer, beside random vectors and the model
     * without a patch}
     */
    public BarChart bars() {
        return BackPatchingFigures.bars(this);
    }

    /** {@return the rates of pairs, the controls, and the questions} */
    @Override
    public Page page() {
        return BackPatchingFigures.page(this);
    }

    /** {@return the report as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal report
     * @throws IllegalArgumentException if the text is not such JSON, or a question has not one
     *     answer for each pair of layers
     */
    public static BackPatchingReport fromJson(String json) {
        return RecordJson.read(json, BackPatchingReport.class, "the JSON").checked();
    }

    /**
     * Writes the rates as comma-separated values.
     *
     * @return a header and a line for {@code plain}, whose layers are empty, and for each pair of
     *     layers and kind of vector ({@code patched} or {@code random}): vector, source_layer,
     *     target_layer, share, low, high, hits, outcomes, subjects; see {@link Rate}
     */
    public String toCsv() {
        StringBuilder out =
                new StringBuilder(
                        "vector,source_layer,target_layer,%s\nplain,,,%s\n"
                                .formatted(Rate.CSV_COLUMNS, plain().toCsv()));
        add(out, "patched", patched());
        add(out, "random", random());
        return out.toString();
    }

    private static void add(StringBuilder out, String vector, PairRates rates) {
        for (LayerPair p : rates.pairs()) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%s,%d,%d,%s\n",
                            vector,
                            p.source(),
                            p.target(),
                            rates.at(p.source(), p.target()).toCsv()));
        }
    }

    /** {@return the rates with all controls} */
    @Override
    public String toString() {
        PairRates patched = patched();
        PairRates random = random();
        StringBuilder out = new StringBuilder("%s%n".formatted(provenance));
        line(out, "without a patch", plain());
        line(out, "any pair", patched.oracle());
        line(out, "any pair, random", random.oracle());
        if (patched.hasHeldOut()) {
            line(out, "held-out pair", patched.heldOut());
            line(out, "  less random", overRandom());
            line(out, "  less no patch", overPlain());
        }
        return out.toString().stripTrailing();
    }

    private static void line(StringBuilder out, String what, Object value) {
        out.append("  %-18s %s%n".formatted(what, value));
    }
}
