package dev.patchscopes.lens.relation;

import dev.patchscopes.measure.Rate;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.RateFigures;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import dev.patchscopes.text.Quoting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Reports of relations, and single edits, as pictures. */
final class RelationFigures {
    private RelationFigures() {}

    static BarChart recall(RelationReport report, int k) {
        return BarChart.of(
                        "Recall at %d of %s".formatted(k, report.provenance().relation()),
                        "share of subjects",
                        Arrays.stream(FaithfulnessMethod.values())
                                .map(RelationFigures::name)
                                .toList(),
                        Arrays.stream(AnswerRule.values())
                                .map(
                                        rule ->
                                                BarSeries.of(
                                                        name(rule),
                                                        Arrays.stream(FaithfulnessMethod.values())
                                                                .map(m -> report.recall(m, rule, k))
                                                                .map(Measured::of)
                                                                .toList()))
                                .toList())
                .withCaption(
                        "How often the object is among %s, on samples that took no part in any choice; %s 95 %% intervals over subjects."
                                .formatted(
                                        k == 1
                                                ? "the first predictions"
                                                : "the first %d predictions".formatted(k),
                                        trials(report)))
                .between(0, 1);
    }

    static BarChart edits(RelationReport report) {
        return BarChart.of(
                        "Edits of %s".formatted(report.provenance().relation()),
                        "share of edits",
                        Arrays.stream(EditMethod.values()).map(RelationFigures::name).toList(),
                        Arrays.stream(EditSuccess.values())
                                .map(
                                        success ->
                                                BarSeries.of(
                                                        name(success),
                                                        Arrays.stream(EditMethod.values())
                                                                .map(m -> report.edited(m, success))
                                                                .map(Measured::of)
                                                                .toList()))
                                .toList())
                .withCaption(
                        "How often the model gives a subject the object of another after its state is changed; %s 95 %% intervals over subjects."
                                .formatted(trials(report)))
                .between(0, 1);
    }

    private static String trials(RelationReport report) {
        return "%s, %d trials."
                .formatted(report.provenance().model().name(), report.trials().size());
    }

    static Page page(RelationReport report) {
        List<Block> blocks = new ArrayList<>();
        blocks.add(
                Prose.of(
                        "Faithfulness %s, causality %s. %s."
                                .formatted(
                                        report.faithfulness(),
                                        report.causality(),
                                        report.provenance())));
        blocks.add(recall(report, 1));
        if (!report.edits().isEmpty()) {
            blocks.add(edits(report));
        }
        blocks.add(trialTable(report));
        blocks.add(rates(report));
        return Page.of(
                "How linear %s is in %s"
                        .formatted(
                                report.provenance().relation(),
                                report.provenance().model().name()),
                blocks);
    }

    private static Table trialTable(RelationReport report) {
        return Table.of(
                        "What each trial chose",
                        "seed",
                        "layer",
                        "beta",
                        "layer of edits",
                        "rank of edits",
                        "known, chosen on",
                        "known, tested")
                .withRows(report.trials().stream().map(RelationFigures::row).toList());
    }

    private static List<?> row(RelationTrial trial) {
        return List.of(
                trial.seed(),
                trial.layer(),
                trial.beta(),
                trial.hasEdits() ? TableCell.of(trial.editLayer()) : TableCell.of(Double.NaN),
                trial.hasEdits() ? TableCell.of(trial.editRank()) : TableCell.of(Double.NaN),
                "%d of %d".formatted(trial.validationKnown(), trial.validation()),
                "%d of %d".formatted(trial.testKnown(), trial.test()));
    }

    private static Table rates(RelationReport report) {
        List<List<?>> rows = new ArrayList<>();
        for (FaithfulnessMethod method : FaithfulnessMethod.values()) {
            for (AnswerRule rule : AnswerRule.values()) {
                IntStream.rangeClosed(1, AnswerKey.DEPTH)
                        .forEach(
                                k ->
                                        rows.add(
                                                row(
                                                        name(method),
                                                        "recall at %d, %s".formatted(k, name(rule)),
                                                        report.recall(method, rule, k))));
            }
        }
        for (EditMethod method : EditMethod.values()) {
            for (EditSuccess success : EditSuccess.values()) {
                rows.add(row(name(method), name(success), report.edited(method, success)));
            }
        }
        return Table.of(
                        "All rates",
                        "method",
                        "measure",
                        "share",
                        "low",
                        "high",
                        "hits",
                        "outcomes",
                        "subjects")
                .withRows(rows);
    }

    private static List<?> row(String method, String measure, Rate rate) {
        List<Object> row = new ArrayList<>(List.of(method, measure));
        row.addAll(RateFigures.row(rate));
        return row;
    }

    private static String name(AnswerRule rule) {
        return rule == AnswerRule.PREFIX ? "by prefix (the paper's)" : "by first token";
    }

    private static String name(EditSuccess success) {
        return switch (success) {
            case TOP_BY_PREFIX -> "target is first, by prefix (the paper's)";
            case TOP_BY_FIRST_TOKEN -> "target is first, by first token";
            case PREFERRED -> "target is preferred";
        };
    }

    private static String name(FaithfulnessMethod method) {
        return switch (method) {
            case LANGUAGE_MODEL -> "the model itself";
            case LANGUAGE_MODEL_ZERO_SHOT -> "the model, zero-shot";
            case LINEAR_RELATION -> "linear relation";
            case LINEAR_RELATION_ZERO_SHOT -> "linear relation, zero-shot";
            case LINEAR_RELATION_OF_EMBEDDING -> "linear relation of the embedding";
            case LOGIT_LENS -> "logit lens";
            case TRANSLATION -> "translation";
            case CORNER -> "corner";
            case LEARNED_AFFINE -> "learned affine map";
        };
    }

    private static String name(EditMethod method) {
        return switch (method) {
            case LINEAR_RELATION -> "linear relation";
            case SUBSTITUTE_SUBJECT -> "target subject's state";
            case SUBSTITUTE_OBJECT -> "target object's state";
            case UNEMBEDDING_ROW -> "unembedding row";
            case RANDOM_SUBJECT -> "control: random subject";
            case RANDOM_DIRECTION -> "control: random direction";
        };
    }

    static BarChart chart(EditResult edit) {
        return BarChart.of(
                        "%s as %s".formatted(edit.subject(), edit.other()),
                        "probability",
                        edit.before().stream().map(token -> token.piece()).toList(),
                        List.of(
                                BarSeries.of(
                                                "before the edit",
                                                edit.before().stream()
                                                        .map(t -> Measured.of(t.probability()))
                                                        .toList())
                                        .asBaseline(),
                                BarSeries.of(
                                        "after it",
                                        edit.after().stream()
                                                .map(t -> Measured.of(t.probability()))
                                                .toList())))
                .withCaption(
                        "What the model says of %s, and what it says of %s; edited at layer %d, rank %d."
                                .formatted(
                                        edit.subject(), edit.other(), edit.layer(), edit.rank()))
                .between(0, 1);
    }

    static Page page(EditResult edit) {
        BarChart chart = chart(edit);
        return Page.of(
                chart.title(),
                chart,
                Table.of("After the edit", "next token", "probability")
                        .withRows(
                                edit.top().stream()
                                        .map(
                                                t ->
                                                        List.of(
                                                                Quoting.quote(t.piece()),
                                                                t.probability()))
                                        .toList()));
    }
}
