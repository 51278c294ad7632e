package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeatmapTest {

    private static final AxisLabels COLUMNS = AxisLabels.of("token", List.of("a", " b"));

    /** Rows of layers; the numbers tell row, column and measure. */
    private static Heatmap heatmap(int rows) {
        return Heatmap.of(
                "reading",
                AxisLabels.of("layer", IntStream.range(0, rows).boxed().toList())
                        .withMarked(List.of(0, rows - 1)),
                COLUMNS,
                List.of(Measure.probability(), Measure.entropy(), Measure.rank()),
                (row, column) ->
                        row == 1 && column == 0
                                ? HeatCell.empty()
                                : HeatCell.of("t" + row + column, row, 10 + column, 100 + row)
                                        .withMark(row == 0)
                                        .withNote("n")
                                        .withRanking(List.of(new RankedItem("x", .5))));
    }

    private static Heatmap of(Measure measure, double... row) {
        return Heatmap.of(
                "h" + row[0],
                AxisLabels.of("layer", List.of(0)),
                AxisLabels.of("token", IntStream.range(0, row.length).boxed().toList()),
                List.of(measure),
                (r, column) -> HeatCell.of("", row[column]));
    }

    @Test
    void aHeatmapHasAMeasure() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                Heatmap.of(
                                        "reading",
                                        COLUMNS,
                                        COLUMNS,
                                        List.of(),
                                        (row, column) -> HeatCell.empty()))
                .withMessage("\"reading\" has no measure: give at least one");
    }

    @Test
    void cellsAreAsManyAsLabelsAndNumbersAsMeasures() {
        ImmutableList<Measure> measures = ImmutableList.of(Measure.probability());
        HeatCell cell = HeatCell.of("", 1);
        ImmutableList<HeatCell> two = ImmutableList.of(cell, cell);
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new Heatmap(
                                        "h", "", COLUMNS, COLUMNS, measures, ImmutableList.of(two)))
                .withMessage("\"h\" has 1 rows of cells for 2 labels");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new Heatmap(
                                        "h",
                                        "",
                                        COLUMNS,
                                        COLUMNS,
                                        measures,
                                        ImmutableList.of(two, ImmutableList.of(cell))))
                .withMessage("row 1 ( b) of \"h\" has 1 cells for 2 columns");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                Heatmap.of(
                                        "h",
                                        COLUMNS,
                                        COLUMNS,
                                        measures,
                                        (row, column) -> HeatCell.of("", 1, 2)))
                .withMessage("a cell of row 0 (a) of \"h\" has 2 numbers for 1 measures");
    }

    @Test
    void cellsAreFoundByRowAndColumn() {
        Heatmap heatmap = heatmap(3);
        assertThat(heatmap.at(2, 1).text()).isEqualTo("t21");
        assertThat(heatmap.at(2, 1).value(2)).isEqualTo(102);
        assertThat(heatmap.at(1, 0).value(0)).isNaN();
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> heatmap.at(3, 0))
                .withMessageContaining("row of \"reading\" (3)");
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> heatmap.at(0, -1))
                .withMessageContaining("column of \"reading\" (-1)");
    }

    @Test
    void anotherMeasureComesForemost() {
        Heatmap shown = heatmap(3).showing("rank");
        assertThat(shown.measures())
                .containsExactly(Measure.rank(), Measure.probability(), Measure.entropy());
        assertThat(shown.at(2, 1))
                .isEqualTo(
                        HeatCell.of("t21", 102, 2, 11)
                                .withNote("n")
                                .withRanking(List.of(new RankedItem("x", .5))));
        assertThat(shown.at(1, 0)).isEqualTo(HeatCell.empty());
        assertThat(shown.showing("entropy").showing("probability").showing("rank"))
                .isEqualTo(shown);
        assertThat(heatmap(3).showing("probability")).isEqualTo(heatmap(3));
    }

    @Test
    void anUnknownMeasureIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> heatmap(3).showing("ranks"))
                .withMessage(
                        "\"reading\" has no measure \"ranks\": it has [probability, entropy, rank]");
    }

    @Test
    void theFirstAndTheLastRowStayWhenThinned() {
        Heatmap thinned = heatmap(12).thinned(4);
        assertThat(thinned.rows().labels()).containsExactly("0", "4", "8", "11");
        assertThat(thinned.rows().marked()).containsExactly(0, 3);
        assertThat(thinned.at(1, 1)).isEqualTo(heatmap(12).at(4, 1));
        assertThat(thinned.at(3, 0)).isEqualTo(heatmap(12).at(11, 0));
        assertThat(heatmap(9).thinned(4).rows().labels()).containsExactly("0", "4", "8");
        assertThat(heatmap(12).thinned(1)).isEqualTo(heatmap(12));
        assertThat(heatmap(12).thinned(100).rows().labels()).containsExactly("0", "11");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> heatmap(12).thinned(0))
                .withMessage("every 0-th row: the number is at least 1");
    }

    @Test
    void aDifferenceIsOneLessTheOther() {
        Heatmap difference =
                of(Measure.of("loss", "nats"), 5, 1).minus(of(Measure.of("loss", "nats"), 2, 3));
        assertThat(difference.title()).isEqualTo("h5.0 less h2.0");
        assertThat(difference.measures())
                .containsExactly(Measure.difference("difference of loss", "nats"));
        assertThat(difference.at(0, 0).value(0)).isEqualTo(3);
        assertThat(difference.at(0, 1).value(0)).isEqualTo(-2);
    }

    @Test
    void ranksAreComparedByTheirRatio() {
        Heatmap difference = of(Measure.rank(), 100, 3).minus(of(Measure.rank(), 10, 3));
        assertThat(difference.measures())
                .containsExactly(Measure.difference("log10 ratio of rank", ""));
        assertThat(difference.at(0, 0).value(0)).isEqualTo(1);
        assertThat(difference.at(0, 1).value(0)).isZero();
    }

    @Test
    void whatIsNotTheSameInBothShowsBoth() {
        Heatmap mine = heatmap(3);
        Heatmap others =
                Heatmap.of(
                        "other",
                        mine.rows(),
                        AxisLabels.of("token", List.of("a", " c")),
                        mine.measures(),
                        (row, column) ->
                                row == 2 && column == 0
                                        ? HeatCell.empty()
                                        : HeatCell.of(column == 0 ? "t00" : " u", 0, 0, 1));
        Heatmap difference = mine.minus(others);
        assertThat(difference.columns().labels()).containsExactly("a", "·c → ·b");
        assertThat(difference.at(0, 0).text()).isEqualTo("t00");
        assertThat(difference.at(0, 0).marked()).isTrue();
        assertThat(difference.at(0, 1).text()).isEqualTo("·u → t01");
        assertThat(difference.at(0, 1).ranking()).containsExactly(new RankedItem("x", .5));
        assertThat(difference.at(1, 0)).isEqualTo(HeatCell.empty());
        assertThat(difference.at(2, 0)).isEqualTo(HeatCell.empty());
        assertThat(difference.rows()).isEqualTo(mine.rows());
    }

    @Test
    void nothingChangesLessItself() {
        Heatmap difference = heatmap(3).minus(heatmap(3));
        assertThat(difference.at(2, 1))
                .isEqualTo(
                        HeatCell.of("t21", 0, 0, 0)
                                .withNote("n")
                                .withRanking(List.of(new RankedItem("x", .5))));
        assertThat(difference.columns()).isEqualTo(COLUMNS);
    }

    @Test
    void heatmapsOfOtherShapesAreNotCompared() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> heatmap(3).minus(heatmap(2)))
                .withMessage("rows [0, 1, 2] of \"reading\" are not rows [0, 1] of \"reading\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(Measure.rank(), 1, 2).minus(of(Measure.rank(), 3)))
                .withMessage("\"h1.0\" has 2 columns and \"h3.0\" 1: only as many can be compared");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(Measure.rank(), 1).minus(of(Measure.entropy(), 3)))
                .withMessage("measures [rank] of \"h1.0\" are not measures [entropy] of \"h3.0\"");
    }
}
