package dev.patchscopes.lens;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reports as curves. */
final class LensReportFigures {
    private LensReportFigures() {}

    static ImmutableList<LineChart> curves(LensReport report) {
        return Arrays.stream(LensMetric.values())
                .map(metric -> curve(report, metric))
                .collect(ImmutableList.toImmutableList());
    }

    static LineChart curve(LensReport report, LensMetric metric) {
        LineChart chart =
                LineChart.of(
                        "%s by layer".formatted(title(metric)),
                        "layer",
                        isShare(metric) ? "share of states" : "nats",
                        series(report, layer -> score(layer, metric)));
        return (isShare(metric) ? chart.between(0, 1) : chart)
                .withCaption("%s %s".formatted(meaning(metric), intervals(report)));
    }

    static LineChart bitsPerByte(LensReport report) {
        double factor = report.setup().bitsPerByteOfNats();
        return LineChart.of(
                        "Cross-entropy of the next token by layer, in bits a byte",
                        "layer",
                        "bits a byte",
                        series(
                                report,
                                layer -> times(score(layer, LensMetric.SURPRISAL_OF_NEXT_TOKEN), factor)))
                .withCaption(
                        "Models of other tokenizers can be compared by it. %s"
                                .formatted(intervals(report)));
    }

    private static Measured times(Measured nats, double factor) {
        return new Measured(nats.value() * factor, nats.low() * factor, nats.high() * factor);
    }

    private static List<Series> series(
            LensReport report, Function<LensReport.LayerScores, Measured> of) {
        return report.lenses().stream().map(lens -> series(lens, of)).toList();
    }

    private static Series series(
            LensReport.LensScores lens, Function<LensReport.LayerScores, Measured> of) {
        return new Series(
                lens.lens(),
                lens.layers().stream()
                        .map(layer -> new Series.Point(layer.layer(), of.apply(layer)))
                        .collect(ImmutableList.toImmutableList()),
                isControl(lens.lens()));
    }

    private static boolean isControl(String lens) {
        return lens.endsWith(RandomVectorControl.SUFFIX) || lens.endsWith(UnpatchedControl.SUFFIX);
    }

    private static Measured score(LensReport.LayerScores layer, LensMetric metric) {
        return Optional.ofNullable(layer.scores().get(metric))
                .map(Measured::of)
                .orElse(Measured.of(Double.NaN));
    }

    private static String intervals(LensReport report) {
        LensReport.Setup setup = report.setup();
        return "%s, %d texts, %s; %s %% intervals over texts."
                .formatted(
                        report.model().name(),
                        setup.texts(),
                        setup.positions(),
                        String.format(Locale.ROOT, "%.0f", 100 * setup.confidence()));
    }

    static Page page(LensReport report) {
        List<Block> blocks = new ArrayList<>();
        blocks.addAll(curves(report));
        blocks.add(bitsPerByte(report));
        blocks.add(table(report));
        blocks.add(lenses(report));
        blocks.add(
                Prose.of(
                        "%s; texts %s, at most %d tokens of each, %d states of each layer, seed %d."
                                .formatted(
                                        report.model(),
                                        report.setup().textsHash(),
                                        report.setup().maxTokens(),
                                        report.setup().states(),
                                        report.setup().seed())));
        return Page.of("How lenses read %s".formatted(report.model().name()), blocks);
    }

    private static Table table(LensReport report) {
        String[] columns =
                Stream.concat(
                                Stream.of("lens", "layer"),
                                Arrays.stream(LensMetric.values()).map(LensMetric::label))
                        .toArray(String[]::new);
        List<List<?>> rows = new ArrayList<>();
        for (LensReport.LensScores lens : report.lenses()) {
            for (LensReport.LayerScores layer : lens.layers()) {
                List<Object> row = new ArrayList<>(List.of(lens.lens(), layer.layer()));
                for (LensMetric metric : LensMetric.values()) {
                    row.add(cell(Optional.ofNullable(layer.scores().get(metric))));
                }
                rows.add(row);
            }
        }
        return Table.of("All scores, with their intervals", columns).withRows(rows);
    }

    private static TableCell cell(Optional<Estimate> score) {
        return score.map(e -> new TableCell(e.toString(), Double.toString(e.mean()), true))
                .orElse(TableCell.of(Double.NaN));
    }

    private static Table lenses(LensReport report) {
        return Table.of("Lenses", "lens", "what it is")
                .withRows(
                        report.lenses().stream()
                                .map(lens -> List.of(lens.lens(), lens.description()))
                                .toList());
    }

    private static boolean isShare(LensMetric metric) {
        return switch (metric) {
            case PRECISION_AT_1, PRECISION_AT_5, PRECISION_AT_10 -> true;
            default -> false;
        };
    }

    private static String title(LensMetric metric) {
        return switch (metric) {
            case PRECISION_AT_1 -> "Precision at 1";
            case PRECISION_AT_5 -> "Precision at 5";
            case PRECISION_AT_10 -> "Precision at 10";
            case SURPRISAL_OF_LENS_PREDICTION -> "Surprisal of the lens's prediction";
            case SURPRISAL_OF_MODEL_PREDICTION -> "Surprisal of the model's prediction";
            case SURPRISAL_OF_NEXT_TOKEN -> "Cross-entropy of the next token";
            case KL_FROM_MODEL -> "KL divergence from the model";
            case ENTROPY -> "Entropy";
        };
    }

    private static String meaning(LensMetric metric) {
        return switch (metric) {
            case PRECISION_AT_1 -> "How often the lens's most probable token is the model's.";
            case PRECISION_AT_5 -> "How often the model's token is among the lens's first 5.";
            case PRECISION_AT_10 -> "How often the model's token is among the lens's first 10.";
            case SURPRISAL_OF_LENS_PREDICTION ->
                    "How little the model expects what the lens predicts.";
            case SURPRISAL_OF_MODEL_PREDICTION ->
                    "How little the lens expects what the model predicts.";
            case SURPRISAL_OF_NEXT_TOKEN -> "How little the lens expects the token that follows.";
            case KL_FROM_MODEL -> "KL(model || lens).";
            case ENTROPY -> "How undecided the lens is.";
        };
    }
}
