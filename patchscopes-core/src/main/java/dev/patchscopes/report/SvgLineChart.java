package dev.patchscopes.report;

/** Draws line charts. */
final class SvgLineChart {

    private SvgLineChart() {}

    static String of(LineChart chart, Theme theme) {
        return draw(chart, SvgColors.of(theme)).toString();
    }

    /**
     * An {@code <svg>} element for the inside of a page, in colours that the page defines ({@link
     * SvgColors#css()}). Its title is only spoken, and its caption is left to the page.
     */
    static String inline(LineChart chart) {
        return draw(chart, SvgColors.css()).toString();
    }

    private static SvgElement draw(LineChart chart, SvgColors colors) {
        SvgElement svg =
                SvgElement.of("svg")
                        .with("viewBox", "0 0 600 300")
                        .with("width", 600)
                        .with("height", 300)
                        .with("role", "img")
                        .add(SvgElement.title(chart.title()));
        for (Series series : chart.series()) {
            for (Series.Point point : series.points()) {
                if (Double.isFinite(point.x()) && point.y().isPresent()) {
                    svg.add(
                            SvgElement.of("circle")
                                    .with("cx", point.x() * 10)
                                    .with("cy", point.y().value() * 10)
                                    .with("r", 3)
                                    .fill(colors.line(0))
                                    .add(SvgElement.title(series.name())));
                }
            }
        }
        return svg;
    }
}
