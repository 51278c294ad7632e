package dev.patchscopes.lens.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pictures of made-up future readings and reports. */
class FutureFiguresTest {
    private static final ModelIdentity MODEL =
            new ModelIdentity("planted", "0123456789abcdef", "none", ComputeType.FLOAT32, "cpu");

    private static FutureCell cell(String... pieces) {
        return new FutureCell(
                IntStream.range(0, pieces.length)
                        .mapToObj(n -> new TokenProbability(n, pieces[n], .5 / (n + 1)))
                        .collect(ImmutableList.toImmutableList()));
    }

    private static FutureReading reading() {
        return new FutureReading(
                new LibraryVersion("0.1.0"),
                "soft prompt",
                MODEL,
                TokenizedPrompt.ofIds(4, 5, 6),
                ImmutableIntArray.of(1, 5),
                ImmutableIntArray.of(0, 2),
                ImmutableList.of(
                        ImmutableList.of(cell(" New", " York", " City", "."), cell(" a", " b")),
                        ImmutableList.of(cell(), cell(" x", " y", " z", "!"))));
    }

    @Test
    void cellsHoldTheTokensOneAfterTheOther() {
        FutureReading reading = reading();
        Heatmap heatmap = reading.heatmap();
        assertThat(heatmap.rows().labels()).containsExactly("1", "5");
        assertThat(heatmap.columns().labels()).containsExactly("#4", "#6");
        assertThat(heatmap.measures().stream().map(Measure::name))
                .containsExactly(
                        "mean probability",
                        "probability at N = 0",
                        "probability at N = 1",
                        "probability at N = 2",
                        "probability at N = 3");
        HeatCell first = heatmap.at(0, 0);
        assertThat(first.text()).isEqualTo(" New York City.");
        assertThat(first.value(0)).isEqualTo(reading.at(1, 0).meanProbability());
        for (int n = 0; n < 4; n++) {
            assertThat(first.value(n + 1))
                    .isEqualTo(reading.at(1, 0).tokens().get(n).probability());
        }
        assertThat(first.note()).contains("N = 1: \" York\" 0.250");
    }

    @Test
    void tokensThatWereNotForetoldHaveNoNumber() {
        Heatmap heatmap = reading().heatmap();
        HeatCell ended = heatmap.at(0, 1);
        assertThat(ended.value(2)).isEqualTo(.25);
        assertThat(ended.value(3)).isNaN();
        assertThat(ended.value(4)).isNaN();
        assertThat(heatmap.at(1, 0)).isEqualTo(HeatCell.empty());
    }

    private static FutureScore score(
            String predictor, OptionalInt layer, FutureTruth truth, int ahead, int hits) {
        return new FutureScore(
                predictor,
                layer,
                truth,
                ahead,
                20,
                10,
                ImmutableIntArray.of(hits, hits + 2),
                2.5 + hits,
                .25);
    }

    /** Layers out of order; a lens that was not measured everywhere; a baseline. */
    private static FutureLensReport report() {
        FutureTruth model = FutureTruth.MODEL;
        return new FutureLensReport(
                new LibraryVersion("0.1.0"),
                MODEL,
                "abc",
                2,
                3,
                20,
                ImmutableMap.of("linear", "a map", "prompt", "a prompt", "bigram", "counts"),
                ImmutableList.of(
                        score("linear", OptionalInt.of(4), model, 1, 9),
                        score("linear", OptionalInt.of(0), model, 1, 2),
                        score("linear", OptionalInt.of(4), model, 0, 15),
                        score("linear", OptionalInt.of(4), FutureTruth.TEXT, 1, 3),
                        score("prompt", OptionalInt.of(2), model, 1, 7),
                        score("bigram", OptionalInt.empty(), model, 1, 5)));
    }

    @Test
    void linesAreTheScoresByLayer() {
        FutureLensReport report = report();
        for (int k = 1; k <= 2; k++) {
            LineChart chart = report.curves(FutureTruth.MODEL, 1, k);
            assertThat(chart.series().stream().map(Series::name))
                    .containsExactly("linear", "prompt", "bigram");
            assertThat(chart.series().get(0).points())
                    .containsExactly(point(report, "linear", 0, k), point(report, "linear", 4, k));
            assertThat(chart.series().get(1).points())
                    .containsExactly(point(report, "prompt", 2, k));
            assertThat(chart.low()).hasValue(0);
            assertThat(chart.high()).hasValue(1);
        }
        assertThat(report.curves(FutureTruth.MODEL, 1))
                .isEqualTo(report.curves(FutureTruth.MODEL, 1, 1));
        assertThat(report.curves(FutureTruth.TEXT, 1).series()).hasSize(1);
    }

    private static Series.Point point(FutureLensReport report, String name, int layer, int k) {
        return new Series.Point(
                layer, Measured.of(report.at(name, layer, FutureTruth.MODEL, 1).rate(k)));
    }

    @Test
    void baselinesAreLevel() {
        FutureLensReport report = report();
        List<Series> series = report.curves(FutureTruth.MODEL, 1).series();
        assertThat(series.get(0).baseline()).isFalse();
        Series bigram = series.get(2);
        assertThat(bigram.baseline()).isTrue();
        Measured level = Measured.of(report.baseline("bigram", FutureTruth.MODEL, 1).rate(1));
        assertThat(bigram.points())
                .containsExactly(
                        new Series.Point(0, level),
                        new Series.Point(2, level),
                        new Series.Point(4, level));
    }

    @Test
    void surprisalsHaveTheirErrors() {
        Measured first =
                report().surprisalCurves(FutureTruth.MODEL, 1).series().get(0).points().get(1).y();
        assertThat(first.value()).isEqualTo(2.5 + 9);
        assertThat(first.high() - first.value()).isCloseTo(1.96 * .25, within(1e-4));
        assertThat(first.value() - first.low()).isCloseTo(1.96 * .25, within(1e-4));
    }

    @Test
    void whatWasNotMeasuredIsRefused() {
        assertThatThrownBy(() -> report().curves(FutureTruth.TEXT, 0))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("N = 0 against the text was not measured: N was [1]");
        assertThatThrownBy(() -> report().curves(FutureTruth.MODEL, 1, 3))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("k = 3 is not in 1..2");
    }

    @Test
    void thePageHoldsEachN() {
        FutureLensReport report = report();
        assertThat(report.page().blocks())
                .contains(
                        report.curves(FutureTruth.MODEL, 0),
                        report.curves(FutureTruth.MODEL, 1),
                        report.curves(FutureTruth.TEXT, 1),
                        report.surprisalCurves(FutureTruth.MODEL, 1));
        Table scores =
                (Table)
                        report.page().blocks().stream()
                                .filter(b -> b instanceof Table)
                                .findFirst()
                                .orElseThrow();
        assertThat(scores.rows()).hasSize(6);
        assertThat(scores.rows().get(5).get(1).shown()).isEmpty(); // the baseline has no layer
        FutureScore first = report.scores().get(0);
        assertThat(scores.rows().get(0).subList(3, 10))
                .extracting(TableCell::exact)
                .containsExactly(
                        "" + first.ahead(),
                        "" + first.precision(1),
                        "" + first.rate(1).low(),
                        "" + first.rate(1).high(),
                        "" + first.examples(),
                        "" + first.texts(),
                        "" + first.surprisalOfPrediction());
    }
}
