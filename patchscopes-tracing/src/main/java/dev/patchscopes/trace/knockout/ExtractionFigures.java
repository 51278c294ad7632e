package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Pictures of how often blocks extract the answer. */
final class ExtractionFigures {

    private ExtractionFigures() {}

    static LineChart curves(ExtractionResult result) {
        return chart(result, lines(result));
    }

    static LineChart curves(ExtractionResult result, ExtractionResult baseline) {
        checkArgument(
                result.layers() == baseline.layers(),
                "%s blocks are compared with %s: compare results of one model",
                result.layers(),
                baseline.layers());
        return chart(
                result,
                ImmutableList.<Series>builder()
                        .addAll(lines(result))
                        .addAll(lines(baseline).stream().map(Series::asBaseline).toList())
                        .build());
    }

    private static List<Series> lines(ExtractionResult result) {
        return List.of(
                line(result, "attention", result::attention), line(result, "MLP", result::mlp));
    }

    private static Series line(ExtractionResult result, String name, IntFunction<Rate> rate) {
        return Series.of(
                name + blocked(result),
                IntStream.range(0, result.layers()).boxed().toList(),
                block -> Measured.of(rate.apply(block)));
    }

    private static String blocked(ExtractionResult result) {
        return result.blocked().isEmpty()
                ? ""
                : ", subject cut off in blocks %d to %d"
                        .formatted(result.blocked().get(0), result.blocked().get(1) - 1);
    }

    private static LineChart chart(ExtractionResult result, List<Series> lines) {
        return LineChart.of(
                        "How often each block's output at the last token reads as the answer",
                        "block",
                        "share of facts",
                        lines)
                .between(0, 1)
                .withCaption(caption(result));
    }

    private static String caption(ExtractionResult result) {
        return "%d facts in %s, %d more not answered, %d without a subject before the last token. Bands are 95%% intervals over subjects."
                .formatted(
                        result.facts().size(),
                        result.model().name(),
                        result.unknown(),
                        result.withoutSubject());
    }

    static BarChart bars(ExtractionResult result) {
        return BarChart.of(
                        "How often any block's output does",
                        "share of facts",
                        List.of("attention", "MLP"),
                        List.of(
                                BarSeries.of(
                                        "any block" + blocked(result),
                                        List.of(
                                                Measured.of(result.anyAttention()),
                                                Measured.of(result.anyMlp())))))
                .between(0, 1)
                .withCaption(caption(result));
    }

    static Page page(ExtractionResult result) {
        return Page.of(
                "Attribute extraction in " + result.model().name(),
                curves(result),
                bars(result),
                new Prose(
                        "How it was measured",
                        "%s, library %s.".formatted(result.model(), result.library())));
    }
}
