package dev.patchscopes.lens.feature;

import static dev.patchscopes.lens.feature.Planted.PAPER_ONLY;
import static dev.patchscopes.lens.feature.Planted.RIGHT;
import static dev.patchscopes.lens.feature.Planted.WRONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pictures of planted reports against their rates. */
class FeatureFiguresTest {
    private static final List<Integer> FROM = List.of(2, 5, 6);
    private static final List<Integer> TO = List.of(1, 4);

    /** Cell 4 (6 to 1) answers nearly all, cell 1 the rest; the last sample does not count. */
    private static FeatureExtractionReport report() {
        return new FeatureExtractionReport(
                Planted.provenance(3),
                WRONG,
                List.of(
                        Planted.reading("a", Planted.cells(cell -> cell == 4)),
                        Planted.reading("b", Planted.cells(cell -> cell == 4)),
                        new SampleReading(
                                Planted.sample("c"),
                                RIGHT,
                                ImmutableList.of(WRONG, RIGHT, WRONG, WRONG, PAPER_ONLY, WRONG),
                                Planted.cells(cell -> cell == 2)),
                        Planted.reading("d", Planted.cells(cell -> cell == 4)),
                        new SampleReading(
                                Planted.sample("e"),
                                WRONG,
                                ImmutableList.of(),
                                ImmutableList.of())));
    }

    @Test
    void heatMapsAreTheRatesWithTheHeldOutCellMarked() {
        FeatureExtractionReport report = report();
        for (Scoring scoring : Scoring.values()) {
            Heatmap patched = report.heatmap(scoring);
            Heatmap random = report.controlHeatmap(scoring);
            HeldOutCell chosen = report.heldOutCell().get(scoring);
            for (int row = 0; row < 3; row++) {
                for (int column = 0; column < 2; column++) {
                    int l = FROM.get(row);
                    int to = TO.get(column);
                    assertThat(patched.at(row, column).value(0))
                            .isEqualTo(report.at(l, to).get(scoring).share());
                    assertThat(random.at(row, column).value(0))
                            .isEqualTo(report.randomControl().at(l, to).get(scoring).share());
                    assertThat(patched.at(row, column).marked())
                            .isEqualTo(chosen.sourceLayer() == l && chosen.targetLayer() == to);
                }
            }
        }
        assertThat(report.heatmap(Scoring.STRICT).at(2, 0).marked()).isTrue();
        assertThat(report.heatmap(Scoring.STRICT).at(2, 0).value(0)).isEqualTo(.75);
        assertThat(report.heatmap(Scoring.PAPER).at(2, 0).value(0)).isEqualTo(1);
        // patched and random can be subtracted
        assertThat(
                        report.heatmap(Scoring.STRICT)
                                .minus(report.controlHeatmap(Scoring.STRICT))
                                .at(2, 0)
                                .value(0))
                .isEqualTo(.75);
    }

    @Test
    void curvesAreTheOraclesBesideTheirControls() {
        FeatureExtractionReport report = report();
        LineChart chart = report.curves(Scoring.STRICT);
        assertThat(chart.series().stream().map(Series::baseline))
                .containsExactly(false, true, true);
        for (int i = 0; i < 3; i++) {
            int l = FROM.get(i);
            assertThat(chart.series().get(0).points().get(i))
                    .isEqualTo(new Series.Point(l, Measured.of(report.oracleAt(l).strict())));
            assertThat(chart.series().get(1).points().get(i))
                    .isEqualTo(
                            new Series.Point(
                                    l, Measured.of(report.randomControl().oracleAt(l).strict())));
            assertThat(chart.series().get(2).points().get(i))
                    .isEqualTo(new Series.Point(l, Measured.of(report.placeholder().strict())));
        }
        assertThat(chart.series().get(0).points().get(0).y().value()).isEqualTo(.25);
        assertThat(chart.series().get(1).points().get(1).y().value()).isEqualTo(.25);
    }

    @Test
    void answersOfASampleAreMarkedWhereTheyAreRight() {
        FeatureExtractionReport report = report();
        Heatmap strict = report.answers(2, Scoring.STRICT);
        assertThat(strict.at(0, 1).text()).isEqualTo(RIGHT);
        assertThat(strict.at(0, 1).marked()).isTrue();
        assertThat(strict.at(0, 1).value(0)).isEqualTo(1);
        assertThat(strict.at(0, 1).value(1)).isEqualTo(0);
        assertThat(strict.at(1, 0).text()).isEqualTo(WRONG);
        assertThat(strict.at(1, 0).value(1)).isEqualTo(1); // the random vector was right
        assertThat(strict.at(2, 0).marked()).isFalse();
        assertThat(report.answers(2, Scoring.PAPER).at(2, 0).marked()).isTrue();
        assertThat(report.answers(4, Scoring.STRICT).cells())
                .allSatisfy(row -> assertThat(row).containsOnly(HeatCell.empty()));
        assertThatThrownBy(() -> report.answers(5, Scoring.STRICT))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("sample");
    }

    @Test
    void thePageHoldsBothScoringsAndAllControls() {
        FeatureExtractionReport report = report();
        for (Scoring scoring : Scoring.values()) {
            assertThat(report.page().blocks())
                    .contains(
                            report.heatmap(scoring),
                            report.controlHeatmap(scoring),
                            report.curves(scoring));
        }
        Table rates = (Table) report.page().blocks().get(3);
        assertThat(rates.rows()).hasSize(16);
        assertThat(rates.rows().get(0).get(2))
                .isEqualTo(TableCell.of(report.direct().strict().share()));
        assertThat(rates.rows().get(12).subList(2, 5))
                .isEqualTo(cells(report.overRandom().strict()));
        FeatureExtractionReport guessed =
                new FeatureExtractionReport(
                        Planted.provenance(3), RIGHT, List.copyOf(report.samples()));
        assertThat(((Table) guessed.page().blocks().get(3)).rows().get(14).subList(2, 5))
                .isEqualTo(cells(guessed.overPlaceholder().strict()))
                .isNotEqualTo(cells(guessed.overRandom().strict()));
    }

    private static List<TableCell> cells(Difference over) {
        return List.of(
                TableCell.of(over.value()), TableCell.of(over.low()), TableCell.of(over.high()));
    }

    @Test
    void oneSubjectHasNoHeldOutCell() {
        FeatureExtractionReport one =
                new FeatureExtractionReport(
                        Planted.provenance(3),
                        WRONG,
                        List.of(Planted.reading("a", Planted.cells(cell -> cell == 4))));
        assertThat(one.heatmap(Scoring.STRICT).cells().stream().flatMap(List::stream))
                .noneMatch(HeatCell::marked);
        assertThat(((Table) one.page().blocks().get(3)).rows()).hasSize(8);
    }
}
