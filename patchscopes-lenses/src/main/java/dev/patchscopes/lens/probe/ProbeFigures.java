package dev.patchscopes.lens.probe;

import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Scores of probes, and what one says, as pictures. */
final class ProbeFigures {
    private ProbeFigures() {}

    static LineChart accuracy(ProbeScores scores) {
        return LineChart.of(
                        "Accuracy of linear probes by layer",
                        "layer",
                        "share of test examples",
                        List.of(
                                series("probe", scores, s -> Measured.of(s.accuracy())),
                                Series.level(
                                        "majority label",
                                        layers(scores),
                                        Measured.of(scores.majority())),
                                series("shuffled labels", scores, s -> Measured.of(s.shuffled()))
                                        .asBaseline(),
                                series("control task", scores, s -> Measured.of(s.control()))
                                        .asBaseline()))
                .withCaption(
                        "%s. Best on validation examples: layer %d. 95 %% intervals over groups of examples."
                                .formatted(scores.provenance(), scores.best().layer()))
                .between(0, 1);
    }

    static LineChart selectivity(ProbeScores scores) {
        return LineChart.of(
                        "Selectivity of linear probes by layer",
                        "layer",
                        "share of examples",
                        List.of(
                                series("selectivity", scores, s -> Measured.of(s.selectivity())),
                                series("memory", scores, s -> Measured.of(s.memory()))
                                        .asBaseline()))
                .withCaption(
                        String.format(
                                Locale.ROOT,
                                "Selectivity: accuracy less that in the control task, of %d keys; %.1f %% of test examples have one seen in training, and where few have, it shows no more than accuracy above chance. Memory: training examples right in the control task.",
                                scores.provenance().keys(),
                                100 * scores.provenance().keysSeen()))
                .between(Math.min(0, least(scores)), 1);
    }

    private static double least(ProbeScores scores) {
        return scores.layers().stream().mapToDouble(LayerScore::selectivity).min().orElse(0);
    }

    private static List<Integer> layers(ProbeScores scores) {
        return scores.layers().stream().map(LayerScore::layer).toList();
    }

    private static Series series(
            String name, ProbeScores scores, Function<LayerScore, Measured> of) {
        return Series.of(name, layers(scores), layer -> of.apply(scores.at(layer)));
    }

    static Page page(ProbeScores scores) {
        return Page.of(
                "Linear probes of %s".formatted(scores.provenance().model().name()),
                accuracy(scores),
                selectivity(scores),
                table(scores),
                Prose.of("Labels: " + String.join(", ", scores.provenance().labels())));
    }

    private static Table table(ProbeScores scores) {
        return Table.of(
                        "Scores",
                        "layer",
                        "accuracy",
                        "low",
                        "high",
                        "macro F1",
                        "shuffled",
                        "control",
                        "selectivity",
                        "memory",
                        "validation",
                        "C",
                        "converged")
                .withRows(scores.layers().stream().map(ProbeFigures::row).toList());
    }

    private static List<?> row(LayerScore s) {
        return List.of(
                s.layer(),
                s.accuracy().share(),
                s.accuracy().low(),
                s.accuracy().high(),
                s.macroF1(),
                s.shuffled().share(),
                s.control().share(),
                s.selectivity(),
                s.memory(),
                s.validationAccuracy(),
                s.c(),
                s.converged() ? "yes" : "no");
    }

    static BarChart chart(ClassProbabilities classes) {
        return BarChart.of(
                        "What the probe says: %s".formatted(classes.top()),
                        "probability",
                        classes.labels(),
                        List.of(
                                BarSeries.of(
                                        "probe",
                                        classes.probabilities().asList().stream()
                                                .map(Measured::of)
                                                .toList())))
                .between(0, 1);
    }
}
