package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Numbers side by side, with their intervals: methods, groups, conditions.
 *
 * @param title what is shown, in a line
 * @param caption what to know when reading it; empty for nothing
 * @param valueTitle what was measured, with its unit
 * @param categories what is compared, in order
 * @param series bars of each category, one colour each
 * @param low where the axis starts; empty for 0, or below it to fit the numbers
 * @param high where the axis ends; empty to fit the numbers
 */
public record BarChart(
        String title,
        String caption,
        String valueTitle,
        ImmutableList<String> categories,
        ImmutableList<BarSeries> series,
        OptionalDouble low,
        OptionalDouble high)
        implements Figure {

    /**
     * Checks that there is a bar for each category, and the ends of the axis.
     *
     * @param title what is shown
     * @param caption what to know when reading it
     * @param valueTitle what was measured
     * @param categories what is compared
     * @param series bars of each category
     * @param low where the axis starts
     * @param high where the axis ends
     * @throws IllegalArgumentException if a series has more or fewer numbers than categories, or
     *     the ends are no numbers or do not ascend
     */
    public BarChart {
        AxisEnds.check(title, low, high);
        for (BarSeries bars : series) {
            checkArgument(
                    bars.values().size() == categories.size(),
                    "%s of \"%s\" has %s numbers for %s categories",
                    bars.name(),
                    title,
                    bars.values().size(),
                    categories.size());
        }
    }

    /**
     * A chart without a caption, whose axis fits the numbers.
     *
     * @param title what is shown, in a line
     * @param valueTitle what was measured, with its unit
     * @param categories what is compared, in order
     * @param series bars of each category
     * @return the chart
     * @throws IllegalArgumentException if a series has more or fewer numbers than categories
     */
    public static BarChart of(
            String title, String valueTitle, List<String> categories, List<BarSeries> series) {
        return new BarChart(
                title,
                "",
                valueTitle,
                ImmutableList.copyOf(categories),
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
    public BarChart withCaption(String caption) {
        return new BarChart(title, caption, valueTitle, categories, series, low, high);
    }

    /**
     * Fixes the ends of the axis.
     *
     * @param low where it starts
     * @param high where it ends
     * @return a copy
     * @throws IllegalArgumentException if the ends are no numbers or do not ascend
     */
    public BarChart between(double low, double high) {
        return new BarChart(
                title,
                caption,
                valueTitle,
                categories,
                series,
                OptionalDouble.of(low),
                OptionalDouble.of(high));
    }

    /** {@return a row a bar: category, series, value, and the ends of the interval} */
    @Override
    public Table toTable() {
        return ChartTables.of(this);
    }

    @Override
    public String toSvg(Theme theme) {
        return SvgBarChart.of(this, theme);
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
