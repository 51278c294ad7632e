package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Csv;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.List;
import java.util.Locale;

/**
 * How linear a relation is in a model: what its linear map predicts and what edits through it do on
 * samples that took no part in any choice, beside baselines and controls.
 *
 * <p>Layers, factors and ranks were chosen on the validation half of the same trial. Three kinds of
 * methods have no layer of their own: {@link FaithfulnessMethod#LINEAR_RELATION_ZERO_SHOT} reuses
 * that of {@link FaithfulnessMethod#LINEAR_RELATION}, though its factor is its own; {@link
 * FaithfulnessMethod#LINEAR_RELATION_OF_EMBEDDING} is fixed at layer 0; and the controls {@link
 * EditMethod#RANDOM_SUBJECT} and {@link EditMethod#RANDOM_DIRECTION} reuse those of {@link
 * EditMethod#SUBSTITUTE_SUBJECT} and {@link EditMethod#LINEAR_RELATION}.
 *
 * @param provenance all that determines the report
 * @param trials what each trial chose
 * @param predictions every prediction of the test halves
 * @param edits every edit of the test halves; none of a trial without {@link
 *     RelationTrial#hasEdits}
 */
public record RelationReport(
        RelationReportProvenance provenance,
        ImmutableList<RelationTrial> trials,
        ImmutableList<PredictionOutcome> predictions,
        ImmutableList<EditOutcome> edits)
        implements Viewable {

    /**
     * The share of subjects whose object is among a method's first predictions.
     *
     * @param method the method
     * @param rule when a token is right
     * @param k how many predictions, 1..3
     * @return recall@k over all trials
     */
    public Rate recall(FaithfulnessMethod method, AnswerRule rule, int k) {
        List<PredictionOutcome> own =
                predictions.stream().filter(outcome -> outcome.method() == method).toList();
        return Rate.of(own, outcome -> outcome.isRight(rule, k), PredictionOutcome::subject);
    }

    /**
     * Faithfulness, as the paper defines it: recall@1 of the linear relation by {@link
     * AnswerRule#PREFIX}, among subjects that the model answers.
     *
     * @return the rate
     */
    public Rate faithfulness() {
        return recall(FaithfulnessMethod.LINEAR_RELATION, AnswerRule.PREFIX, 1);
    }

    /**
     * The share of edits that came out.
     *
     * @param method the method
     * @param success what counts
     * @return the share over all trials
     */
    public Rate edited(EditMethod method, EditSuccess success) {
        List<EditOutcome> own =
                edits.stream().filter(outcome -> outcome.method() == method).toList();
        return Rate.of(own, outcome -> outcome.isSuccess(success), EditOutcome::subject);
    }

    /**
     * Causality, as the paper defines it: the share of edits through the linear relation after
     * which the target is the most probable token, by {@link AnswerRule#PREFIX}.
     *
     * @return the rate
     */
    public Rate causality() {
        return edited(EditMethod.LINEAR_RELATION, EditSuccess.TOP_BY_PREFIX);
    }

    /**
     * Compares {@link #recall} of all methods.
     *
     * @param k how many predictions, 1..3
     * @return bars of each method by both rules, with intervals
     */
    public BarChart recallChart(int k) {
        return RelationFigures.recall(this, k);
    }

    /** {@return bars of each method's successful edits, with intervals; controls come last} */
    public BarChart editChart() {
        return RelationFigures.edits(this);
    }

    /** {@return recall@1 and edits as bars, what the trials chose, and all rates as a table} */
    @Override
    public Page page() {
        return RelationFigures.page(this);
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
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static RelationReport fromJson(String json) {
        return RecordJson.read(json, RelationReport.class, "the text");
    }

    /**
     * All rates as comma-separated values, a line a method and measure.
     *
     * @return with columns {@code
     *     relation,model,kind,method,measure,share,low,high,hits,outcomes,subjects}, see {@link
     *     Rate}
     */
    public String toCsv() {
        StringBuilder out =
                new StringBuilder(
                        "relation,model,kind,method,measure,%s\n".formatted(Rate.CSV_COLUMNS));
        for (FaithfulnessMethod method : FaithfulnessMethod.values()) {
            for (AnswerRule rule : AnswerRule.values()) {
                for (int k = 1; k <= AnswerKey.DEPTH; k++) {
                    line(
                            out,
                            "prediction",
                            method,
                            "recall@%d_%s".formatted(k, rule).toLowerCase(Locale.ROOT),
                            recall(method, rule, k));
                }
            }
        }
        for (EditMethod method : EditMethod.values()) {
            for (EditSuccess success : EditSuccess.values()) {
                line(
                        out,
                        "edit",
                        method,
                        success.name().toLowerCase(Locale.ROOT),
                        edited(method, success));
            }
        }
        return out.toString();
    }

    private void line(StringBuilder out, String kind, Enum<?> method, String measure, Rate rate) {
        out.append(
                String.format(
                        Locale.ROOT,
                        "%s,%s,%s,%s,%s,%s\n",
                        Csv.quoted(provenance.relation()),
                        Csv.quoted(provenance.model().name()),
                        kind,
                        method.name().toLowerCase(Locale.ROOT),
                        measure,
                        rate.toCsv()));
    }

    /** {@return faithfulness and causality with their intervals, and the nearest baselines} */
    @Override
    public String toString() {
        return "RelationReport[%s of %s: faithfulness %s (translation %s, logit lens %s); causality %s (substituting the subject %s, a random subject %s)]"
                .formatted(
                        provenance.relation(),
                        provenance.model().name(),
                        faithfulness(),
                        recall(FaithfulnessMethod.TRANSLATION, AnswerRule.PREFIX, 1),
                        recall(FaithfulnessMethod.LOGIT_LENS, AnswerRule.PREFIX, 1),
                        causality(),
                        edited(EditMethod.SUBSTITUTE_SUBJECT, EditSuccess.TOP_BY_PREFIX),
                        edited(EditMethod.RANDOM_SUBJECT, EditSuccess.TOP_BY_PREFIX));
    }
}
