package dev.patchscopes.report;

/** Draws bar charts. */
final class SvgBarChart {

    private SvgBarChart() {}

    static String of(BarChart chart, Theme theme) {
        return draw(chart, SvgColors.of(theme)).toString();
    }

    /**
     * An {@code <svg>} element for the inside of a page, in colours that the page defines ({@link
     * SvgColors#css()}). Its title is only spoken, and its caption is left to the page.
     */
    static String inline(BarChart chart) {
        return draw(chart, SvgColors.css()).toString();
    }

    private static SvgElement draw(BarChart chart, SvgColors colors) {
        SvgElement svg =
                SvgElement.of("svg")
                        .with("viewBox", "0 0 600 300")
                        .with("width", 600)
                        .with("height", 300)
                        .with("role", "img")
                        .add(SvgElement.title(chart.title()));
        for (BarSeries series : chart.series()) {
            for (Measured value : series.values()) {
                if (value.isPresent()) {
                    svg.add(
                            SvgElement.rect(0, 0, Math.abs(value.value()), 10)
                                    .fill(colors.line(0))
                                    .add(SvgElement.title(series.name())));
                }
            }
        }
        return svg;
    }
}
