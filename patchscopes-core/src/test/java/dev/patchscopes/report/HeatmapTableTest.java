package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeatmapTableTest {

    private static final Heatmap HEATMAP =
            Heatmap.of(
                            "Reading of |x|",
                            AxisLabels.of("layer", List.of(0, 5)).withMarked(List.of(1)),
                            AxisLabels.of("token", List.of(" a", " a")),
                            List.of(Measure.probability(), Measure.entropy()),
                            (row, column) ->
                                    row == 1
                                            ? HeatCell.of(" b*", .25, 1.0 / 3).withMark(column == 0)
                                            : column == 0
                                                    ? HeatCell.of("", .125, 2)
                                                    : HeatCell.empty())
                    .withCaption("One.\n\nTwo.");

    @Test
    void everyCellIsARowThatTellsEqualLabelsApart() {
        assertThat(HEATMAP.toTable().title()).isEqualTo("Reading of |x|");
        assertThat(HEATMAP.toCsv())
                .isEqualTo(
                        """
                        layer index,layer,token index,token,text,probability,entropy (nats)
                        0,"0",0," a","",0.125,2.0
                        0,"0",1," a","",,
                        1,"5",0," a"," b*",0.25,0.3333333333333333
                        1,"5",1," a"," b*",0.25,0.3333333333333333
                        """);
    }

    @Test
    void columnsOfOneNameAreToldApart() {
        AxisLabels layers = AxisLabels.of("layer", List.of(0));
        AxisLabels untitled = AxisLabels.of("", List.of(0));
        List<Measure> measures = List.of(Measure.rank());
        assertThat(
                        Heatmap.of("", layers, layers, measures, (r, c) -> HeatCell.empty())
                                .toTable()
                                .columns())
                .containsExactly(
                        "row layer index",
                        "row layer",
                        "column layer index",
                        "column layer",
                        "text",
                        "rank");
        assertThat(
                        Heatmap.of("", untitled, untitled, measures, (r, c) -> HeatCell.empty())
                                .toTable()
                                .columns())
                .containsExactly("row index", "row", "column index", "column", "text", "rank");
    }

    @Test
    void markdownShowsTheGrid() {
        assertThat(HEATMAP.toMarkdown())
                .isEqualTo(
                        """
                        **Reading of \\|x\\|**

                        | layer \\\\ token | ·a | ·a |
                        | --- | --- | --- |
                        | 0 | 0.125 |  |
                        | **5** | **·b\\*** 0.250 | ·b\\* 0.250 |

                        In the cells: probability.

                        One.

                        Two.
                        """);
    }

    @Test
    void markdownHoldsWhateverAModelWrites() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        RandomTexts texts = new RandomTexts(new Random(seed));
        for (int i = 0; i < 2_000; i++) {
            List<String> labels = List.of(texts.next(), texts.next(), texts.next());
            Heatmap heatmap =
                    Heatmap.of(
                            "",
                            AxisLabels.of("row", labels),
                            AxisLabels.of("column", labels).withMarked(List.of(1)),
                            List.of(Measure.probability()),
                            (row, column) -> HeatCell.of(labels.get(row)));
            List<String> lines = heatmap.toMarkdown().lines().toList();
            List<String> header = SmallMarkdown.cells(lines.get(0));
            assertThat(SmallMarkdown.text(header.get(1))).isEqualTo(VisibleText.of(labels.get(0)));
            if (!labels.get(1).isEmpty()) {
                assertThat(SmallMarkdown.bold(header.get(2)))
                        .isEqualTo(VisibleText.of(labels.get(1)));
            }
            IntStream.range(0, 3)
                    .forEach(
                            row ->
                                    assertThat(SmallMarkdown.cells(lines.get(2 + row)))
                                            .hasSize(4)
                                            .allMatch(
                                                    cell ->
                                                            SmallMarkdown.text(cell)
                                                                    .equals(
                                                                            VisibleText.of(
                                                                                    labels.get(
                                                                                            row)))));
        }
    }
}
