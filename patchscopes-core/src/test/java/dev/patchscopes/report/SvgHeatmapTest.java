package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Element;

/** Cells, their colours, texts and marks. */
class SvgHeatmapTest {

    private static Heatmap heatmap(int rows, int columns, Measure measure, Heatmap.CellAt cells) {
        return Heatmap.of(
                "a <title> & more",
                AxisLabels.of("layer", IntStream.range(0, rows).boxed().toList()),
                AxisLabels.of("token", IntStream.range(0, columns).mapToObj(i -> "t" + i).toList()),
                List.of(measure),
                cells);
    }

    private static SvgDrawing draw(Heatmap heatmap, Theme theme) {
        return SvgDrawing.parse(heatmap.toSvg(theme));
    }

    private static Element cell(SvgDrawing drawing, int row, int column) {
        return drawing.all("g").stream()
                .filter(
                        g ->
                                g.getFirstChild() != null
                                        && g.getTextContent()
                                                .strip()
                                                .startsWith(
                                                        "layer %s, token t%s\n"
                                                                .formatted(row, column))
                                        && SvgDrawing.children(g, "title").size() == 1)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aCellWithoutATextShowsItsNumber() {
        Heatmap heatmap =
                heatmap(
                        2,
                        2,
                        Measure.probability(),
                        (row, column) ->
                                row == column
                                        ? HeatCell.of("", .25 * (1 + row))
                                        : HeatCell.of("", Double.NaN).withNote("not measured"));
        SvgDrawing drawing = draw(heatmap, Theme.LIGHT);

        assertThat(SvgDrawing.children(cell(drawing, 0, 0), "text"))
                .extracting(Element::getTextContent)
                .containsExactly("0.250");
        assertThat(SvgDrawing.children(cell(drawing, 0, 1), "text")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void cellsHaveTheColoursOfTheirNumbers(Theme theme) {
        for (Measure measure :
                List.of(
                        Measure.probability(),
                        Measure.rank(),
                        Measure.difference("effect", "nats"))) {
            Heatmap heatmap =
                    heatmap(
                            4,
                            5,
                            measure,
                            (row, column) -> HeatCell.of("", (1 + row * 5 + column) / 20.));
            SvgDrawing drawing = draw(heatmap, theme);
            Palette palette = Palette.of(theme);
            for (int row = 0; row < 4; row++) {
                for (int column = 0; column < 5; column++) {
                    Rgb color =
                            Scale.of(heatmap, 0).color(heatmap.at(row, column).value(0), palette);
                    Element rect = SvgDrawing.child(cell(drawing, row, column), "rect");
                    assertThat(SvgDrawing.style(rect, "fill")).isEqualTo(color.css());
                }
            }
            Element ground = drawing.all("rect").get(0);
            assertThat(SvgDrawing.style(ground, "fill")).isEqualTo(palette.ground().css());
        }
    }

    @Test
    void cellsLieBesideTheLabelOfTheirRowAndBelowThatOfTheirColumn() {
        SvgDrawing drawing =
                draw(
                        heatmap(3, 4, Measure.probability(), (row, column) -> HeatCell.of("", .5)),
                        Theme.LIGHT);
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 4; column++) {
                Element rect = SvgDrawing.child(cell(drawing, row, column), "rect");
                double left = SvgDrawing.number(rect, "x");
                double top = SvgDrawing.number(rect, "y");
                assertThat(SvgDrawing.number(label(drawing, "" + row, "end"), "y"))
                        .isBetween(top, top + SvgDrawing.number(rect, "height"));
                assertThat(SvgDrawing.number(label(drawing, "t" + column, "middle"), "x"))
                        .isBetween(left, left + SvgDrawing.number(rect, "width"));
            }
        }
    }

    private static Element label(SvgDrawing drawing, String text, String anchor) {
        return drawing.all("text").stream()
                .filter(label -> label.getTextContent().equals(text))
                .filter(label -> label.getAttribute("text-anchor").equals(anchor))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void textsAreInTheInkThatIsReadOnTheirCell() {
        Heatmap heatmap =
                heatmap(2, 1, Measure.probability(), (row, column) -> HeatCell.of("x", row));
        for (Theme theme : Theme.values()) {
            SvgDrawing drawing = draw(heatmap, theme);
            for (int row = 0; row < 2; row++) {
                Rgb color = Scale.of(heatmap, 0).color(row, Palette.of(theme));
                Element text = SvgDrawing.child(cell(drawing, row, 0), "text");
                assertThat(SvgDrawing.style(text, "fill")).isEqualTo(Palette.inkOn(color).css());
            }
        }
    }

    @Test
    void markedCellsAreOutlinedAndMarkedLabelsStarred() {
        Heatmap plain =
                heatmap(
                        3,
                        4,
                        Measure.probability(),
                        (row, column) -> HeatCell.of("x", .5).withMark(row == 1 && column == 2));
        Heatmap heatmap =
                new Heatmap(
                        plain.title(),
                        "",
                        plain.rows(),
                        plain.columns().withMarked(List.of(3)),
                        plain.measures(),
                        plain.cells());
        SvgDrawing drawing = draw(heatmap, Theme.LIGHT);
        String mark = Palette.of(Theme.LIGHT).mark().css();
        List<Element> outlines =
                drawing.all("rect").stream()
                        .filter(rect -> SvgDrawing.style(rect, "stroke").equals(mark))
                        .toList();
        assertThat(outlines).hasSize(1);
        Element cell = SvgDrawing.child(cell(drawing, 1, 2), "rect");
        for (String[] side : new String[][] {{"x", "width"}, {"y", "height"}}) {
            double start = SvgDrawing.number(cell, side[0]);
            double end = start + SvgDrawing.number(cell, side[1]);
            double first = SvgDrawing.number(outlines.get(0), side[0]);
            double last = first + SvgDrawing.number(outlines.get(0), side[1]);
            assertThat(first).isBetween(start, start + 2);
            assertThat(last).isBetween(end - 2, end);
        }
        assertThat(drawing.texts()).contains("★t3", "t0", "t1", "t2");
        Element label =
                drawing.all("text").stream()
                        .filter(text -> text.getTextContent().equals("★t3"))
                        .findFirst()
                        .orElseThrow();
        assertThat(label.getAttribute("font-weight")).isEqualTo("bold");
        assertThat(SvgDrawing.style(label, "fill")).isEqualTo(mark);
    }

    @Test
    void cellsWithoutNumbersAreCrossedAndTheKeySaysSo() {
        Heatmap heatmap =
                heatmap(
                        2,
                        2,
                        Measure.of("effect", "nats"),
                        (row, column) -> row == 0 ? HeatCell.empty() : HeatCell.of("", column));
        SvgDrawing drawing = draw(heatmap, Theme.LIGHT);
        assertThat(drawing.texts()).contains("no number", "effect (nats)");
        String rule = Palette.of(Theme.LIGHT).rule().css();
        assertThat(
                        drawing.all("line").stream()
                                .filter(line -> SvgDrawing.style(line, "stroke").equals(rule)))
                .hasSize(3);
        Heatmap whole =
                heatmap(2, 2, Measure.of("effect", "nats"), (row, column) -> HeatCell.of("", row));
        assertThat(draw(whole, Theme.LIGHT).texts()).doesNotContain("no number");
    }

    @Test
    void theKeySaysTheEndsAndWhatIsBetween() {
        Heatmap ranks =
                heatmap(1, 2, Measure.rank(), (row, column) -> HeatCell.of("", 1 + column * 29999));
        assertThat(draw(ranks, Theme.LIGHT).texts())
                .contains("rank", "1", "10", "100", "1000", "30000");
        Heatmap differences =
                heatmap(
                        1,
                        2,
                        Measure.difference("effect", "nats"),
                        (row, column) -> HeatCell.of("", column * .73));
        assertThat(draw(differences, Theme.LIGHT).texts())
                .contains("-0.730", "0", "0.730", "-0.5", "0.5");
    }

    @Test
    void cellsShrinkThenLoseTheirTextsThenLabelsAreThinned() {
        Heatmap.CellAt tokens = (row, column) -> HeatCell.of("unbelievable", .5);
        SvgGrid few = SvgGrid.of(heatmap(3, 8, Measure.probability(), tokens));
        SvgGrid more = SvgGrid.of(heatmap(3, 20, Measure.probability(), tokens));
        SvgGrid many = SvgGrid.of(heatmap(3, 40, Measure.probability(), tokens));
        SvgGrid most = SvgGrid.of(heatmap(3, 200, Measure.probability(), tokens));
        assertThat(few.cellWidth()).isGreaterThan(more.cellWidth());
        assertThat(more.cellWidth()).isGreaterThan(many.cellWidth());
        assertThat(many.cellWidth()).isGreaterThan(most.cellWidth());
        assertThat(more.font()).isPresent();
        assertThat(many.font()).isEmpty();
        SvgDrawing drawing = draw(heatmap(3, 40, Measure.probability(), tokens), Theme.LIGHT);
        assertThat(drawing.texts()).contains("t0", "t1", "t39");
        SvgDrawing thinned = draw(heatmap(3, 200, Measure.probability(), tokens), Theme.LIGHT);
        assertThat(thinned.texts()).contains("t0").doesNotContain("t1");
        assertThat(thinned.texts().stream().filter(text -> text.startsWith("t")).count())
                .isBetween(40L, 100L);
        assertThat(thinned.titles()).anyMatch(title -> title.contains("token t1\nunbelievable"));
    }

    @Test
    void noCellsAreSaid() {
        Heatmap none = heatmap(0, 0, Measure.rank(), (row, column) -> HeatCell.empty());
        assertThat(draw(none, Theme.LIGHT).texts()).contains("no cells", "a <title> & more");
    }
}
