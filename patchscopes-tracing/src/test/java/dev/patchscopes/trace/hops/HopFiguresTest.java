package dev.patchscopes.trace.hops;

import static dev.patchscopes.trace.hops.PlantedHops.PAPER_ONLY;
import static dev.patchscopes.trace.hops.PlantedHops.RIGHT;
import static dev.patchscopes.trace.hops.PlantedHops.WRONG;
import static dev.patchscopes.trace.hops.PlantedHops.cells;
import static dev.patchscopes.trace.hops.PlantedHops.provenance;
import static dev.patchscopes.trace.hops.PlantedHops.reading;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.TableCell;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pictures hold the numbers of reports; cell 2 is l = 2, l* = 1. */
class HopFiguresTest {

    /** Cell 2 answers all questions, cell 1 the first three, and cell 3 one as the paper scores. */
    private static final MultiHopReport REPORT =
            new MultiHopReport(
                    provenance(false, false),
                    IntStream.range(0, 10)
                            .mapToObj(
                                    i ->
                                            reading(
                                                    "city " + i,
                                                    ImmutableList.of(
                                                            WRONG,
                                                            i < 3 ? RIGHT : WRONG,
                                                            RIGHT,
                                                            i == 0 ? PAPER_ONLY : WRONG,
                                                            WRONG,
                                                            WRONG)))
                            .toList());

    @Test
    void cellsAreTheRatesAndTheHeldOutOneIsMarked() {
        for (Scoring scoring : Scoring.values()) {
            Heatmap map = REPORT.heatmap(scoring);
            assertThat(map.rows().labels()).containsExactly("1", "2", "4");
            assertThat(map.columns().labels()).containsExactly("1", "3");
            HeldOutCell chosen = REPORT.heldOutCell().get(scoring);
            for (int row = 0; row < 3; row++) {
                for (int column = 0; column < 2; column++) {
                    int l = List.of(1, 2, 4).get(row);
                    int to = List.of(1, 3).get(column);
                    assertThat(map.at(row, column).value(0))
                            .isEqualTo(REPORT.at(l, to).get(scoring).share());
                    assertThat(map.at(row, column).marked())
                            .isEqualTo(l == chosen.sourceLayer() && to == chosen.targetLayer());
                }
            }
            assertThat(map.caption()).contains(REPORT.counts().get(scoring).toString());
        }
        assertThat(REPORT.heatmap(Scoring.STRICT).at(1, 1).value(0)).isZero();
        assertThat(REPORT.heatmap(Scoring.PAPER).at(1, 1).value(0)).isEqualTo(0.1);
    }

    @Test
    void barsAreTheRatesOfOrdersBesideTheControls() {
        BarChart chart = REPORT.bars(Scoring.STRICT);
        assertThat(chart.categories())
                .containsExactly(
                        "held-out cell",
                        "any cell",
                        "any cell, l < l*",
                        "any cell, l = l*",
                        "any cell, l > l*");
        assertThat(chart.series().get(0).values())
                .containsExactly(
                        Measured.of(REPORT.heldOutCell().strict().test()),
                        Measured.of(new Rate(10, 10, 10)),
                        Measured.of(new Rate(3, 10, 10)),
                        Measured.of(new Rate(0, 10, 10)),
                        Measured.of(new Rate(10, 10, 10)));
        assertThat(chart.series().get(1).values())
                .containsExactly(
                        Measured.of(REPORT.randomControl().heldOutCell().strict().test()),
                        Measured.of(REPORT.randomControl().oracle().strict()),
                        Measured.of(new Rate(0, 10, 10)),
                        Measured.of(new Rate(0, 10, 10)),
                        Measured.of(new Rate(0, 10, 10)));
        assertThat(chart.series())
                .extracting(BarSeries::name)
                .containsExactly("patched", "random vectors", "target unpatched");
        assertThat(chart.series())
                .extracting(BarSeries::baseline)
                .containsExactly(false, true, true);
        assertThat(chart.series().get(2).values())
                .allMatch(Measured.of(REPORT.unpatched().strict())::equals);
        assertThat(chart.caption()).contains(REPORT.direct().strict().toString());
    }

    @Test
    void curvesAreTheOraclesOfSourceLayers() {
        LineChart chart = REPORT.curves(Scoring.PAPER);
        for (int i = 0; i < 3; i++) {
            int l = List.of(1, 2, 4).get(i);
            assertThat(chart.series().get(0).points().get(i))
                    .isEqualTo(
                            new Series.Point(l, Measured.of(REPORT.patched().oracleAt(l).paper())));
            assertThat(chart.series().get(1).points().get(i).y())
                    .isEqualTo(Measured.of(REPORT.randomControl().oracleAt(l).paper()));
        }
        assertThat(chart.series()).extracting(Series::baseline).containsExactly(false, true);
    }

    @Test
    void pagesCompareTheHeldOutCellWithEachControl() {
        BarChart differences = (BarChart) REPORT.page().blocks().get(2);
        Difference random = REPORT.overRandom().strict();
        Difference direct = REPORT.overDirect().strict();
        assertThat(differences.categories())
                .containsExactly(
                        "random vectors", "target unpatched", "direct question", "step by step");
        assertThat(differences.series().get(0).values())
                .contains(
                        new Measured(random.value(), random.low(), random.high()),
                        new Measured(direct.value(), direct.low(), direct.high()));
        MultiHopReport failing = new MultiHopReport(provenance(false, true), REPORT.questions());
        assertThat(((BarChart) failing.page().blocks().get(2)).categories())
                .doesNotContain("direct question");
        MultiHopReport one =
                new MultiHopReport(provenance(false, false), REPORT.questions().subList(0, 1));
        assertThat(one.page().blocks().get(2)).isInstanceOf(LineChart.class);
        assertThat(one.bars(Scoring.STRICT).categories()).doesNotContain("held-out cell");
    }

    @Test
    void answersStandInTheirCells() {
        Heatmap map = REPORT.answers(0);
        HopReading first = REPORT.questions().get(0);
        for (int cell = 0; cell < 6; cell++) {
            HeatCell shown = map.at(cell / 2, cell % 2);
            assertThat(shown.text()).isEqualTo(first.patched().get(cell));
            assertThat(shown.marked()).isEqualTo(cell == 1 || cell == 2);
            assertThat(shown.value(0)).isEqualTo(cell == 1 || cell == 2 ? 1 : 0);
            assertThat(shown.value(1)).isEqualTo(cell >= 1 && cell <= 3 ? 1 : 0);
        }
    }

    @Test
    void questionsThatDoNotCountHaveEmptyCells() {
        HopReading unknown = reading("b", WRONG, RIGHT, WRONG, ImmutableList.of());
        HopReading empty =
                new HopReading(
                        unknown.question(),
                        unknown.firstHop(),
                        unknown.secondHop(),
                        unknown.direct(),
                        unknown.stepByStep(),
                        unknown.prompts(),
                        "",
                        ImmutableList.of(),
                        ImmutableList.of());
        MultiHopReport report =
                new MultiHopReport(
                        provenance(false, false), List.of(reading("a", cells(c -> true)), empty));
        assertThat(report.answers(1).cells())
                .allSatisfy(row -> assertThat(row).containsOnly(HeatCell.empty()));
        assertThat(report.readings().rows().get(1).get(7)).isEqualTo(TableCell.of(0L));
        assertThat(empty.page().title()).contains("capital is b");
    }

    @Test
    void questionsAreListedWithWhatIsRight() {
        assertThat(REPORT.readings().rows()).hasSize(10);
        HopReading first = REPORT.questions().get(0);
        assertThat(REPORT.readings().rows().get(0).subList(0, 7))
                .extracting(TableCell::exact)
                .containsExactly(
                        first.question().question(),
                        first.question().bridge(),
                        first.question().second().object(),
                        first.firstHop(),
                        first.secondHop(),
                        first.direct(),
                        first.unpatched());
        assertThat(REPORT.readings().rows())
                .extracting(row -> row.get(7))
                .startsWith(TableCell.of(2L), TableCell.of(2L), TableCell.of(2L), TableCell.of(1L));
        assertThat(REPORT.questions().get(0).page().toString()).contains("2 of 6 pairs");
    }
}
