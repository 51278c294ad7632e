package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Curves of made-up scores. */
class ProbeFiguresTest {
    private static final ProbeScores SCORES =
            new ProbeScores(
                    new ProbeProvenance(
                            new LibraryVersion("0.1.0"),
                            new ModelIdentity(
                                    "planted", "0123456789ab", "none", ComputeType.FLOAT32, "cpu"),
                            "abc",
                            ImmutableList.of("Africa", "Asia"),
                            new ProbeProvenance.Part(60, 20),
                            new ProbeProvenance.Part(20, 7),
                            new ProbeProvenance.Part(30, 10),
                            0,
                            12,
                            .75,
                            .2,
                            .3,
                            ImmutableDoubleArray.of(.1, 1),
                            100,
                            1e-4,
                            7),
                    new Rate(12, 30, 10),
                    ImmutableList.of(score(0, 15, .5), score(2, 27, .9), score(5, 24, .8)));

    private static LayerScore score(int layer, int right, double validation) {
        return new LayerScore(
                layer,
                1,
                9,
                true,
                validation,
                .4,
                new Rate(right, 30, 10),
                .7,
                new Rate(right / 3, 30, 10),
                new Rate(right / 5, 30, 10),
                .33 + layer / 100.0);
    }

    private static Series.Point[] points(Function<LayerScore, Measured> of) {
        return SCORES.layers().stream()
                .map(s -> new Series.Point(s.layer(), of.apply(s)))
                .toArray(Series.Point[]::new);
    }

    @Test
    void accuracyStandsBesideWhatDoesNotNeedTheLayer() {
        LineChart chart = SCORES.curves();
        List<Series> series = chart.series();
        assertThat(series.stream().map(Series::name))
                .containsExactly("probe", "majority label", "shuffled labels", "control task");
        assertThat(series.stream().map(Series::baseline)).containsExactly(false, true, true, true);
        assertThat(series.get(0).points()).containsExactly(points(s -> Measured.of(s.accuracy())));
        assertThat(series.get(1).points())
                .containsExactly(points(s -> Measured.of(SCORES.majority())));
        assertThat(series.get(2).points()).containsExactly(points(s -> Measured.of(s.shuffled())));
        assertThat(series.get(3).points()).containsExactly(points(s -> Measured.of(s.control())));
        assertThat(chart.caption()).contains("layer 2");
        assertThat(chart.high()).hasValue(1);
    }

    @Test
    void selectivityIsTheScores() {
        LineChart chart = SCORES.selectivityCurve();
        assertThat(chart.series().get(0).points())
                .containsExactly(points(s -> Measured.of(s.selectivity())));
        assertThat(chart.series().get(1).points())
                .containsExactly(points(s -> Measured.of(s.memory())));
        assertThat(chart.series().get(1).baseline()).isTrue();
        assertThat(chart.caption()).contains("12 keys", "75.0 %");
    }

    @Test
    void aReportsPageIsItsScores() {
        ProbeScores one =
                new ProbeScores(
                        SCORES.provenance(), SCORES.majority(), SCORES.layers().subList(1, 2));
        assertThat(one.page().blocks()).startsWith(one.curves(), one.selectivityCurve());
        Table table = (Table) SCORES.page().blocks().get(2);
        assertThat(table.rows()).hasSize(3);
        assertThat(table.rows().get(1).get(1)).isEqualTo(TableCell.of(.9));
        assertThat(table.rows().get(2).get(table.columns().indexOf("control")))
                .isEqualTo(TableCell.of(4 / 30.0));
    }

    @Test
    void classesAreBars() {
        ClassProbabilities classes =
                new ClassProbabilities(
                        ImmutableList.of("Africa", "Asia"), ImmutableDoubleArray.of(.2, .8));
        assertThat(classes.chart().categories()).containsExactly("Africa", "Asia");
        assertThat(classes.chart().series().get(0).values())
                .containsExactly(Measured.of(.2), Measured.of(.8));
        assertThat(classes.chart().title()).contains("Asia");
        assertThat(classes.page().blocks()).containsExactly(classes.chart());
    }
}
