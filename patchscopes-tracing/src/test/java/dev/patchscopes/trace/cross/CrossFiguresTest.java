package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Execution;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.trace.cross.CrossModelReport.PairReport;
import dev.patchscopes.trace.cross.CrossModelScores.Agreement;
import dev.patchscopes.trace.cross.CrossModelScores.PairScores;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pictures hold the numbers of maps and of patched predictions. */
class CrossFiguresTest {
    private static final ModelIdentity SOURCE =
            new ModelIdentity("small", "abc", "gpt2", ComputeType.FLOAT32, "cpu");
    private static final ModelIdentity TARGET =
            new ModelIdentity("large", "def", "gpt2", ComputeType.FLOAT32, "cpu");

    private static Agreement agreement(int withSource) {
        return new Agreement(
                new Rate(withSource, 20, 20),
                new Rate(20 - withSource, 20, 20),
                new Estimate(withSource / 4.0, 0, 9, 20));
    }

    private static PairScores pair(int l, int to, int hits, boolean unmapped) {
        return new PairScores(
                l,
                to,
                agreement(hits),
                agreement(1),
                unmapped ? ImmutableList.of(agreement(3)) : ImmutableList.of());
    }

    private static CrossModelScores scores(PairScores... pairs) {
        return new CrossModelScores(
                LibraryVersion.current(),
                SOURCE,
                TARGET,
                new CrossModelScores.Setup("affine", 20, 1, 7, Execution.EXACT, "m", "t"),
                agreement(5),
                ImmutableList.copyOf(pairs));
    }

    private static final CrossModelScores SCORES =
            scores(
                    pair(0, 2, 10, true),
                    pair(4, 2, 12, true),
                    pair(0, 6, 14, true),
                    pair(4, 8, 16, false));

    private static Measured share(int hits) {
        return Measured.of(new Rate(hits, 20, 20));
    }

    @Test
    void cellsAreThePairsAndOthersAreEmpty() {
        Heatmap map = SCORES.heatmap();
        assertThat(map.rows().labels()).containsExactly("0", "4");
        assertThat(map.columns().labels()).containsExactly("2", "6", "8");
        assertThat(map.at(0, 1).values().asList()).containsExactly(0.7, 0.05, 0.3, 3.5, 0.15);
        assertThat(map.at(1, 0).value(0)).isEqualTo(0.6);
        assertThat(map.at(1, 2).value(4)).isNaN(); // its state was not tried unmapped
        assertThat(map.at(0, 2)).isEqualTo(HeatCell.empty());
        assertThat(map.at(0, 1).note())
                .startsWith(agreement(14).toString())
                .contains("random vectors: " + agreement(1));
        assertThat(map.caption()).contains(agreement(5).withSource().toString());
        assertThat(scores(pair(1, 1, 4, false)).heatmap().measures()).hasSize(4);
    }

    @Test
    void curvesAreThePairsOfASourceLayer() {
        LineChart chart = SCORES.curves(0);
        assertThat(chart.series())
                .extracting(Series::name)
                .containsExactly("mapped", "state itself", "random vectors", "target unpatched");
        assertThat(chart.series())
                .extracting(Series::baseline)
                .containsExactly(false, true, true, true);
        assertThat(chart.series().get(0).points())
                .containsExactly(
                        new Series.Point(2, Measured.of(new Rate(10, 20, 20))),
                        new Series.Point(6, Measured.of(new Rate(14, 20, 20))));
        assertThat(chart.series().get(3).points())
                .allMatch(p -> p.y().equals(Measured.of(new Rate(5, 20, 20))));
        assertThat(SCORES.curves(4).series().get(1).points().get(1).y().isPresent()).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SCORES.curves(3))
                .withMessageContaining("source layer 3 was not measured; those were: [0, 4]");
    }

    @Test
    void barsAreThePairsBesideTheirControls() {
        BarChart chart = SCORES.bars();
        assertThat(chart.categories()).containsExactly("0 -> 2", "4 -> 2", "0 -> 6", "4 -> 8");
        assertThat(chart.series().get(0))
                .isEqualTo(
                        BarSeries.of(
                                "mapped",
                                List.of(
                                        Measured.of(new Rate(10, 20, 20)),
                                        Measured.of(new Rate(12, 20, 20)),
                                        Measured.of(new Rate(14, 20, 20)),
                                        Measured.of(new Rate(16, 20, 20)))));
        assertThat(chart.series().get(1).values().get(0)).isEqualTo(share(3));
        assertThat(chart.series().get(1).values().get(3).isPresent()).isFalse();
        assertThat(chart.series().get(2).values()).hasSize(4).containsOnly(share(1));
        assertThat(chart.series().get(3).values()).hasSize(4).containsOnly(share(5));
        assertThat(chart.series())
                .extracting(BarSeries::baseline)
                .containsExactly(false, true, true, true);
        assertThat(SCORES.page().blocks()).contains(SCORES.heatmap(), chart);
        PairScores[] many = new PairScores[26];
        for (int l = 0; l < 26; l++) {
            many[l] = pair(l / 2, l % 2, 3, false);
        }
        CrossModelScores grid = scores(many);
        assertThat(grid.page().blocks())
                .contains(grid.curves(0), grid.curves(12))
                .doesNotContain(grid.bars())
                .hasSize(1 + 5 + 1);
    }

    @Test
    void mapsAreShownByWhatTheyExplain() {
        CrossModelReport report =
                new CrossModelReport(
                        LibraryVersion.current(),
                        SOURCE,
                        TARGET,
                        new CrossModelReport.Setup(
                                "ridge",
                                ImmutableList.of(0.1),
                                0.2,
                                30,
                                0,
                                0,
                                100,
                                10,
                                20,
                                5,
                                1,
                                7,
                                "t"),
                        ImmutableList.of(
                                new PairReport(3, 5, 0.1, 0.9, 0.6, 0.7),
                                new PairReport(1, 0, 0, 0.8, -0.5, 0.4)));
        Heatmap map = report.heatmap();
        assertThat(map.rows().labels()).containsExactly("1", "3");
        assertThat(map.columns().labels()).containsExactly("0", "5");
        assertThat(map.at(1, 1).values().asList()).containsExactly(0.6, 0.9, 0.7);
        assertThat(map.at(0, 0).values().asList()).containsExactly(-0.5, 0.8, 0.4);
        assertThat(map.at(1, 0)).isEqualTo(HeatCell.empty());
        assertThat(map.at(1, 1).note()).contains("0.1");
        assertThat(report.page().blocks())
                .contains(
                        map,
                        Table.of(
                                        "Maps",
                                        "source layer l",
                                        "target layer l*",
                                        "penalty",
                                        "R^2 fitted to",
                                        "R^2 held out",
                                        "over the mean")
                                .withRow(3, 5, 0.1, 0.9, 0.6, 0.7)
                                .withRow(1, 0, 0.0, 0.8, -0.5, 0.4));
    }
}
