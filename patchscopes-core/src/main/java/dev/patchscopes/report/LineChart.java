package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Numbers along a line of layers, steps or positions, with their intervals.
 *
 * <pre>{@code
 * LineChart.of("Precision by layer", "layer", "precision at 1", List.of(logit, tuned, random.asBaseline()))
 *         .between(0, 1)
 *         .writeSvg(Path.of("precision.svg"));
 * }</pre>
 *
 * @param title what is shown, in a line
 * @param caption what to know when reading it; empty for nothing
 * @param xTitle what stands along the line
 * @param yTitle what was measured, with its unit
 * @param series lines
 * @param low where the vertical axis starts; empty to fit the numbers
 * @param high where the vertical axis ends; empty to fit the numbers
 */
public record LineChart(
        String title,
        String caption,
        String xTitle,
        String yTitle,
        ImmutableList<Series> series,
        OptionalDouble low,
        OptionalDouble high)
        implements Figure {

    /**
     * Checks the ends of the vertical axis.
     *
     * @param title what is shown
     * @param caption what to know when reading it
     * @param xTitle what stands along the line
     * @param yTitle what was measured
     * @param series lines
     * @param low where the vertical axis starts
     * @param high where the vertical axis ends
     * @throws IllegalArgumentException if the ends are no numbers or do not ascend
     */
    public LineChart {
        AxisEnds.check(title, low, high);
    }

    /**
     * A chart without a caption, whose vertical axis fits the numbers.
     *
     * @param title what is shown, in a line
     * @param xTitle what stands along the line
     * @param yTitle what was measured, with its unit
     * @param series lines
     * @return the chart
     */
    public static LineChart of(String title, String xTitle, String yTitle, List<Series> series) {
        return new LineChart(
                title,
                "",
                xTitle,
                yTitle,
                ImmutableList.copyOf(series),
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }

    /**
     * Says what to know when reading it.
     *
     * @param caption plain text; empty for nothing
     * @return a copy
     */
    public LineChart withCaption(String caption) {
        return new LineChart(title, caption, xTitle, yTitle, series, low, high);
    }

    /**
     * Fixes the ends of the vertical axis.
     *
     * @param low where it starts
     * @param high where it ends
     * @return a copy
     * @throws IllegalArgumentException if the ends are no numbers or do not ascend
     */
    public LineChart between(double low, double high) {
        return new LineChart(
                title,
                caption,
                xTitle,
                yTitle,
                series,
                OptionalDouble.of(low),
                OptionalDouble.of(high));
    }

    /** {@return a row a point: line, x, value, and the ends of the interval} */
    @Override
    public Table toTable() {
        return ChartTables.of(this);
    }

    @Override
    public String toSvg(Theme theme) {
        return SvgLineChart.of(this, theme);
    }

    @Override
    public String toText(Terminal terminal) {
        return TextCharts.of(this, terminal);
    }

    @Override
    public String toMarkdown() {
        return ChartTables.markdown(this);
    }

    /** {@return it for a terminal without colours, 100 columns wide} */
    @Override
    public String toString() {
        return toText(Terminal.plain(100));
    }
}
