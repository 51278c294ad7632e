package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/** Points and bars lie where the axes say. */
class SvgChartsTest {

    /** Numbers are written with two decimals. */
    private static final Offset<Double> ROUNDING = within(.011);

    private static final List<Integer> LAYERS = List.of(0, 1, 2, 3, 4);

    private static LineChart lines(Series... series) {
        return LineChart.of("precision", "layer", "share", List.of(series)).between(0, 1);
    }

    private static SvgDrawing draw(Figure figure) {
        return SvgDrawing.parse(figure.toSvg(Theme.LIGHT));
    }

    /** Where the number of a tick stands on the axis, by its label. */
    private static double tick(SvgDrawing drawing, String label, String coordinate) {
        Element text =
                drawing.all("text").stream()
                        .filter(element -> element.getTextContent().equals(label))
                        .filter(
                                element ->
                                        SvgDrawing.style(element, "fill")
                                                .equals(Palette.of(Theme.LIGHT).faint().css()))
                        .findFirst()
                        .orElseThrow();
        double down = coordinate.equals("y") ? SvgFont.sans(11).middle() : 0;
        return SvgDrawing.number(text, coordinate) - down;
    }

    @Test
    void pointsLieWhereTheTicksSay() {
        SvgDrawing drawing = draw(lines(Series.of("lens", LAYERS, x -> Measured.of(.1 + .2 * x))));
        double zero = tick(drawing, "0.0", "y");
        double one = tick(drawing, "1.0", "y");
        assertThat(one).isLessThan(zero);
        for (int x : LAYERS) {
            Element point =
                    drawing.group("layer %s, lens: %s".formatted(x, Numbers.show(.1 + .2 * x)));
            Element circle = SvgDrawing.children(point, "circle").get(0);
            assertThat(SvgDrawing.number(circle, "cx"))
                    .isCloseTo(tick(drawing, Integer.toString(x), "x"), ROUNDING);
            assertThat(SvgDrawing.number(circle, "cy"))
                    .isCloseTo(zero + (.1 + .2 * x) * (one - zero), ROUNDING);
        }
    }

    @Test
    void bandsReachFromEndToEndOfTheIntervals() {
        SvgDrawing drawing =
                draw(lines(Series.of("lens", LAYERS, x -> new Measured(.5, .4 - .05 * x, .8))));
        double zero = tick(drawing, "0.0", "y");
        double one = tick(drawing, "1.0", "y");
        double[] band =
                drawing.all("path").stream()
                        .filter(path -> path.hasAttribute("fill-opacity"))
                        .map(path -> SvgDrawing.numbers(path, "d"))
                        .findFirst()
                        .orElseThrow();
        assertThat(band).hasSize(20);
        for (int x : LAYERS) {
            assertThat(band[2 * x]).isCloseTo(tick(drawing, Integer.toString(x), "x"), ROUNDING);
            assertThat(band[2 * x + 1]).isCloseTo(zero + (.4 - .05 * x) * (one - zero), ROUNDING);
            assertThat(band[19 - 2 * x]).isCloseTo(zero + .8 * (one - zero), ROUNDING);
        }
    }

    @Test
    void numbersOfBarsStandBeyondTheirIntervals() {
        BarChart chart =
                BarChart.of(
                        "Shares",
                        "share",
                        List.of("a"),
                        List.of(BarSeries.of("", List.of(new Measured(.4, .1, .9)))));
        Element bar = draw(chart.between(0, 1)).group("a: 0.400 [0.100, 0.900]");
        double number = SvgDrawing.number(SvgDrawing.child(bar, "text"), "x");
        assertThat(SvgDrawing.children(bar, "line"))
                .hasSize(3)
                .allMatch(line -> SvgDrawing.number(line, "x2") < number);
    }

    @Test
    void linesAreBrokenWhereNumbersAreMissing() {
        SvgDrawing drawing =
                draw(lines(Series.of("lens", LAYERS, x -> Measured.of(x == 2 ? Double.NaN : .5))));
        assertThat(drawing.all("path").get(0).getAttribute("d"))
                .matches("M[^M]*L[^M]*M[^M]*L[^M]*");
        assertThat(drawing.titles()).noneMatch(title -> title.startsWith("layer 2"));
    }

    @Test
    void whatLiesBeyondTheAxisIsCutOffAndPointedAt() {
        SvgDrawing drawing =
                draw(
                        lines(
                                new Series(
                                        "lens",
                                        ImmutableList.of(
                                                new Series.Point(0, Measured.of(.5)),
                                                new Series.Point(2, Measured.of(2.5)),
                                                new Series.Point(
                                                        3, Measured.of(Double.NEGATIVE_INFINITY))),
                                        false)));
        double[] line = SvgDrawing.numbers(drawing.all("path").get(0), "d");
        double zero = tick(drawing, "0.0", "y");
        double one = tick(drawing, "1.0", "y");
        assertThat(line[3]).isCloseTo(one, ROUNDING);
        // half up from .5 to 1 is a quarter of the way to 2.5
        double start = tick(drawing, "0", "x");
        assertThat(line[2]).isCloseTo(start + (tick(drawing, "2", "x") - start) / 4, ROUNDING);
        double[] above = arrow(drawing, "layer 2, lens: 2.500");
        assertThat(above[1]).isLessThan(above[3]).isCloseTo(one, within(1.1));
        double[] below = arrow(drawing, "layer 3, lens: -∞");
        assertThat(below[1]).isGreaterThan(below[3]).isCloseTo(zero, within(1.1));
    }

    private static double[] arrow(SvgDrawing drawing, String title) {
        return SvgDrawing.numbers(SvgDrawing.child(drawing.group(title), "polygon"), "points");
    }

    @Test
    void baselinesAreDashedAndOtherLinesHaveShapesOfTheirOwn() {
        SvgDrawing drawing =
                draw(
                        lines(
                                Series.of("a", LAYERS, x -> Measured.of(.3)),
                                Series.of("b", LAYERS, x -> Measured.of(.4)),
                                Series.level("c", LAYERS, Measured.of(.5)),
                                Series.level("d", LAYERS, Measured.of(.6))));
        List<String> dashes =
                drawing.all("path").stream()
                        .filter(path -> SvgDrawing.style(path, "fill").equals("none"))
                        .map(path -> path.getAttribute("stroke-dasharray"))
                        .toList();
        assertThat(dashes).hasSize(4);
        assertThat(dashes.subList(0, 2)).doesNotContain("").doesNotHaveDuplicates();
        assertThat(dashes.subList(2, 4)).containsOnly("");
        assertThat(SvgDrawing.children(drawing.group("layer 1, a: 0.300"), "rect")).isEmpty();
        assertThat(SvgDrawing.children(drawing.group("layer 1, b: 0.400"), "rect")).hasSize(1);
        assertThat(drawing.texts()).contains("a", "b", "c", "d");
    }

    @Test
    void withinAPageColoursAreThePagesAndTitleAndCaptionAreLeftToIt() {
        LineChart chart =
                lines(Series.of("tuned lens", LAYERS, x -> new Measured(.598, .55, .64)))
                        .withCaption("a caption");
        String svg = SvgLineChart.inline(chart);
        SvgDrawing drawing = SvgDrawing.parse(svg);
        assertThat(drawing.root().getAttribute("role")).isEqualTo("img");
        assertThat(drawing.titles().get(0)).isEqualTo("precision");
        assertThat(drawing.texts()).doesNotContain("precision", "a caption");
        assertThat(drawing.titles()).contains("layer 4, tuned lens: 0.598 [0.550, 0.640]");
        assertThat(svg)
                .contains("var(--ps-line-0)", "var(--ps-ink)", "var(--ps-faint)", "var(--ps-rule)")
                .doesNotContain("http")
                .doesNotContainPattern("#[0-9a-f]{6}");
        BarChart bars =
                BarChart.of(
                        "shares",
                        "share",
                        List.of("greedy"),
                        List.of(BarSeries.of("model", List.of(new Measured(.5, .4, .6)))));
        assertThat(SvgBarChart.inline(bars))
                .contains("var(--ps-line-0)", "<title>greedy, model: 0.500 [0.400, 0.600]</title>")
                .doesNotContain("http")
                .doesNotContainPattern("#[0-9a-f]{6}");
        for (int i = 0; i < 16; i++) {
            assertThat(SvgColors.css().line(i)).isEqualTo("var(--ps-line-%s)", i % 8);
            assertThat(SvgColors.of(Theme.DARK).line(i))
                    .isEqualTo(Palette.of(Theme.DARK).line(i).css());
        }
    }

    @Test
    void barsAndWhiskersReachToTheirNumbers() {
        BarChart chart =
                BarChart.of(
                        "effects",
                        "nats",
                        List.of("a", "b"),
                        List.of(
                                BarSeries.of(
                                        "lens",
                                        List.of(
                                                new Measured(-3, -3.5, -1),
                                                new Measured(2, 1.5, 2.25)))));
        SvgDrawing drawing = draw(chart);
        double zero = tick(drawing, "0", "x");
        double unit = (tick(drawing, "2", "x") - zero) / 2;
        assertBar(drawing.group("a, lens: -3 [-3.500, -1]"), zero - 3 * unit, zero);
        assertBar(drawing.group("b, lens: 2 [1.500, 2.250]"), zero, zero + 2 * unit);
        Element whisker =
                SvgDrawing.children(drawing.group("a, lens: -3 [-3.500, -1]"), "line").get(0);
        assertThat(SvgDrawing.number(whisker, "x1")).isCloseTo(zero - 3.5 * unit, ROUNDING);
        assertThat(SvgDrawing.number(whisker, "x2")).isCloseTo(zero - unit, ROUNDING);
        assertThat(drawing.texts()).contains("-3", "2", "a", "b", "lens", "nats");
    }

    private static void assertBar(Element group, double left, double right) {
        Element bar = SvgDrawing.child(group, "rect");
        double start = SvgDrawing.number(bar, "x");
        assertThat(start).isCloseTo(left, ROUNDING);
        assertThat(start + SvgDrawing.number(bar, "width")).isCloseTo(right, within(.021));
    }

    @Test
    void barsWithoutANumberSayIt() {
        SvgDrawing drawing =
                draw(
                        BarChart.of(
                                "t",
                                "v",
                                List.of("a"),
                                List.of(BarSeries.of("s", List.of(Measured.of(Double.NaN))))));
        Element group = drawing.group("a, s: no number");
        assertThat(SvgDrawing.children(group, "rect")).isEmpty();
        assertThat(SvgDrawing.child(group, "text").getTextContent()).isEqualTo("no number");
    }
}
