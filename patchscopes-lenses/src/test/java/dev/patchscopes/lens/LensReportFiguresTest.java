package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.Layers;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Curves of a report against its scores. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LensReportFiguresTest {
    private LensReport report;

    @BeforeAll
    void evaluate() {
        try (HookedModel model = HookedModel.demoSmall()) {
            report =
                    LensEvaluation.of(LogitLens.of(model), TokenIdentityLens.of(model))
                            .texts(List.of("The capital of France is Paris.", "Tea is a drink."))
                            .layers(Layers.at(0, 2, 3))
                            .controls()
                            .intervals(0.9, 50)
                            .run();
        }
    }

    @Test
    void everyPointIsItsScore() {
        assertThat(report.curves()).hasSize(LensMetric.values().length);
        for (LensMetric metric : LensMetric.values()) {
            LineChart chart = report.curve(metric);
            assertThat(report.curves()).contains(chart);
            assertThat(chart.series().stream().map(Series::name))
                    .containsExactlyElementsOf(
                            report.lenses().stream().map(LensReport.LensScores::lens).toList());
            for (Series series : chart.series()) {
                assertThat(series.points())
                        .containsExactlyElementsOf(
                                List.of(0, 2, 3).stream()
                                        .map(
                                                layer ->
                                                        new Series.Point(
                                                                layer,
                                                                Measured.of(
                                                                        report.of(series.name())
                                                                                .at(
                                                                                        layer,
                                                                                        metric))))
                                        .toList());
                assertThat(series.points()).allMatch(p -> p.y().hasInterval());
            }
            assertThat(chart.caption()).contains("90 %", "2 texts");
        }
    }

    @Test
    void controlsAreBaselines() {
        assertThat(report.curve(LensMetric.ENTROPY).series())
                .filteredOn(Series::baseline)
                .extracting(Series::name)
                .containsExactlyInAnyOrder(
                        "logit lens, random vector",
                        "token identity, random vector",
                        "token identity, unpatched");
        assertThat(report.lenses()).hasSize(5);
    }

    @Test
    void sharesGoFromNoneToAllAndNatsFitTheNumbers() {
        LineChart precision = report.curve(LensMetric.PRECISION_AT_5);
        assertThat(precision.low()).hasValue(0);
        assertThat(precision.high()).hasValue(1);
        LineChart kl = report.curve(LensMetric.KL_FROM_MODEL);
        assertThat(kl.yTitle()).isEqualTo("nats");
        assertThat(kl.high()).isEmpty();
    }

    @Test
    void bitsPerByteAreTheReports() {
        for (Series series : report.bitsPerByteCurve().series()) {
            for (Series.Point point : series.points()) {
                assertThat(point.y())
                        .isEqualTo(Measured.of(report.bitsPerByte(series.name(), (int) point.x())));
            }
        }
    }

    @Test
    void whatWasNotMeasuredIsNoNumber() {
        LensReport some =
                new LensReport(
                        report.library(),
                        report.model(),
                        report.setup(),
                        ImmutableList.of(
                                new LensReport.LensScores(
                                        "lens",
                                        "made up",
                                        ImmutableList.of(
                                                new LensReport.LayerScores(
                                                        4,
                                                        ImmutableMap.of(
                                                                LensMetric.ENTROPY,
                                                                new Estimate(1, .5, 2, 9)))))));
        assertThat(some.curve(LensMetric.ENTROPY).series().get(0).points())
                .containsExactly(new Series.Point(4, new Measured(1, .5, 2)));
        assertThat(some.curve(LensMetric.KL_FROM_MODEL).series().get(0).points())
                .noneMatch(p -> p.y().isPresent());
    }

    @Test
    void thePageHoldsEveryCurveAndAllScores() {
        List<Block> blocks = report.page().blocks();
        assertThat(blocks).containsAll(report.curves()).contains(report.bitsPerByteCurve());
        Table scores = (Table) blocks.get(LensMetric.values().length + 1);
        assertThat(scores.rows()).hasSize(5 * 3);
        Estimate kl = report.of("logit lens").at(2, LensMetric.KL_FROM_MODEL);
        assertThat(scores.rows().get(1).get(scores.columns().indexOf("KL")))
                .isEqualTo(new TableCell(kl.toString(), Double.toString(kl.mean()), true));
    }
}
