package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Reports as curves. */
final class FutureReportFigures {
    /** Half a 95% interval in standard errors. */
    private static final double Z = 1.959963984540054;

    private FutureReportFigures() {}

    static LineChart precision(FutureLensReport report, FutureTruth truth, int ahead, int k) {
        return chart(
                        report,
                        "Precision at %d of N = %d, against %s".formatted(k, ahead, name(truth)),
                        "share of positions",
                        scores(report, truth, ahead),
                        score -> Measured.of(score.rate(k)))
                .between(0, 1);
    }

    static LineChart surprisal(FutureLensReport report, FutureTruth truth, int ahead) {
        return chart(
                report,
                "Surprisal of what is predicted for N = %d".formatted(ahead),
                "nats",
                scores(report, truth, ahead),
                FutureReportFigures::surprisal);
    }

    private static Measured surprisal(FutureScore score) {
        double radius = Z * score.surprisalError();
        return new Measured(
                score.surprisalOfPrediction(),
                score.surprisalOfPrediction() - radius,
                score.surprisalOfPrediction() + radius);
    }

    private static LineChart chart(
            FutureLensReport report,
            String title,
            String unit,
            List<FutureScore> scores,
            Function<FutureScore, Measured> of) {
        List<Integer> layers =
                scores.stream()
                        .flatMap(s -> s.layer().stream().boxed())
                        .collect(ImmutableSortedSet.toImmutableSortedSet(Integer::compareTo))
                        .asList();
        return LineChart.of(
                        title,
                        "layer",
                        unit,
                        report.predictors().stream()
                                .map(predictor -> ofPredictor(scores, predictor))
                                .filter(own -> !own.isEmpty())
                                .map(own -> series(own, layers, of))
                                .toList())
                .withCaption(
                        "N = 0 is the next token. Model %s, %d positions; baselines read no layer. 95 %% intervals over texts."
                                .formatted(report.model().name(), report.examples()));
    }

    private static List<FutureScore> ofPredictor(List<FutureScore> scores, String predictor) {
        return scores.stream().filter(s -> s.predictor().equals(predictor)).toList();
    }

    private static Series series(
            List<FutureScore> own, List<Integer> layers, Function<FutureScore, Measured> of) {
        FutureScore first = own.get(0);
        if (first.layer().isEmpty()) {
            return Series.level(first.predictor(), layers, of.apply(first));
        }
        return new Series(
                first.predictor(),
                own.stream()
                        .filter(s -> s.layer().isPresent())
                        .sorted((a, b) -> a.layer().getAsInt() - b.layer().getAsInt())
                        .map(s -> new Series.Point(s.layer().getAsInt(), of.apply(s)))
                        .collect(ImmutableList.toImmutableList()),
                false);
    }

    private static List<FutureScore> scores(FutureLensReport report, FutureTruth truth, int ahead) {
        List<FutureScore> own =
                report.scores().stream()
                        .filter(s -> s.truth() == truth && s.ahead() == ahead)
                        .toList();
        if (own.isEmpty()) {
            throw new OutOfRangeException(
                    "N = %d against %s was not measured: N was %s"
                            .formatted(ahead, name(truth), aheads(report, truth)));
        }
        return own;
    }

    private static List<Integer> aheads(FutureLensReport report, FutureTruth truth) {
        return report.scores().stream()
                .filter(s -> s.truth() == truth)
                .map(FutureScore::ahead)
                .distinct()
                .sorted()
                .toList();
    }

    private static String name(FutureTruth truth) {
        return truth == FutureTruth.MODEL ? "the model's own continuation" : "the text";
    }

    static Page page(FutureLensReport report) {
        List<Block> blocks = new ArrayList<>();
        for (FutureTruth truth : FutureTruth.values()) {
            for (int ahead : aheads(report, truth)) {
                blocks.add(precision(report, truth, ahead, 1));
            }
        }
        for (int ahead : aheads(report, FutureTruth.MODEL)) {
            blocks.add(surprisal(report, FutureTruth.MODEL, ahead));
        }
        blocks.add(table(report));
        blocks.add(
                Table.of("Lenses and baselines", "name", "what it is")
                        .withRows(
                                report.descriptions().entrySet().stream()
                                        .map(e -> List.of(e.getKey(), e.getValue()))
                                        .toList()));
        blocks.add(
                Prose.of(
                        "%s; texts %s, at most %d positions of each, seed %d."
                                .formatted(
                                        report.model(),
                                        report.textsHash(),
                                        report.positionsPerText(),
                                        report.seed())));
        return Page.of(
                "What states of the model %s tell of later tokens".formatted(report.model().name()),
                blocks);
    }

    private static Table table(FutureLensReport report) {
        return Table.of(
                        "Precision at 1",
                        "predictor",
                        "layer",
                        "against",
                        "N",
                        "precision",
                        "low",
                        "high",
                        "positions",
                        "texts",
                        "surprisal (nats)")
                .withRows(report.scores().stream().map(FutureReportFigures::row).toList());
    }

    private static List<?> row(FutureScore score) {
        return List.of(
                score.predictor(),
                score.layer().isPresent()
                        ? TableCell.of(score.layer().getAsInt())
                        : TableCell.of(Double.NaN),
                name(score.truth()),
                score.ahead(),
                score.precision(1),
                score.rate(1).low(),
                score.rate(1).high(),
                score.examples(),
                score.texts(),
                score.surprisalOfPrediction());
    }
}
