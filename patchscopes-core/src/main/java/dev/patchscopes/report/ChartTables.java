package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** A chart's data as tables. */
final class ChartTables {

    private static final String LOW = "low";
    private static final String HIGH = "high";

    private ChartTables() {}

    static Table of(LineChart chart) {
        List<List<Object>> rows = new ArrayList<>();
        for (Series series : chart.series()) {
            for (Series.Point point : series.points()) {
                Measured y = point.y();
                rows.add(List.of(series.name(), x(point.x()), y.value(), y.low(), y.high()));
            }
        }
        return Table.of(chart.title(), "line", chart.xTitle(), chart.yTitle(), LOW, HIGH)
                .withRows(rows);
    }

    static Table of(BarChart chart) {
        List<List<Object>> rows = new ArrayList<>();
        for (int category = 0; category < chart.categories().size(); category++) {
            for (BarSeries bars : chart.series()) {
                Measured value = bars.values().get(category);
                rows.add(
                        List.of(
                                chart.categories().get(category),
                                bars.name(),
                                value.value(),
                                value.low(),
                                value.high()));
            }
        }
        return Table.of(chart.title(), "category", "series", chart.valueTitle(), LOW, HIGH)
                .withRows(rows);
    }

    /** Whole numbers, such as layers, as such. */
    private static Object x(double x) {
        return x == Math.rint(x) && Math.abs(x) < 1e15 ? (Object) (long) x : (Object) x;
    }

    /** A row an x, and a column a line. */
    static String markdown(LineChart chart) {
        List<Double> xs =
                chart.series().stream()
                        .flatMap(series -> series.points().stream())
                        .map(Series.Point::x)
                        .distinct()
                        .sorted()
                        .toList();
        return markdown(
                chart.title(),
                chart.caption(),
                List.of(chart.xTitle(), chart.yTitle()),
                chart.series().stream().map(Series::name).toList(),
                xs.stream()
                        .map(
                                x ->
                                        line(
                                                Numbers.show(x),
                                                chart.series().stream()
                                                        .map(series -> at(series, x))
                                                        .toList()))
                        .toList());
    }

    private static Measured at(Series series, double x) {
        return series.points().stream()
                .filter(point -> point.x() == x)
                .map(Series.Point::y)
                .findFirst()
                .orElse(Measured.of(Double.NaN));
    }

    /** A row a category, and a column a series. */
    static String markdown(BarChart chart) {
        return markdown(
                chart.title(),
                chart.caption(),
                List.of("", chart.valueTitle()),
                chart.series().stream().map(BarSeries::name).toList(),
                IntStream.range(0, chart.categories().size())
                        .mapToObj(
                                category ->
                                        line(
                                                chart.categories().get(category),
                                                chart.series().stream()
                                                        .map(bars -> bars.values().get(category))
                                                        .toList()))
                        .toList());
    }

    private static List<String> line(String name, List<Measured> values) {
        return ImmutableList.<String>builder()
                .add(MarkdownText.inline(name))
                .addAll(
                        values.stream()
                                .map(Intervals::show)
                                .map(MarkdownText::inline)
                                .toList())
                .build();
    }

    private static String markdown(
            String title,
            String caption,
            List<String> axes,
            List<String> names,
            List<List<String>> rows) {
        MarkdownTable table = new MarkdownTable(title);
        List<String> header = new ArrayList<>();
        header.add(MarkdownText.inline(axes.get(0)));
        names.forEach(name -> header.add(MarkdownText.inline(name)));
        List<Boolean> numeric = new ArrayList<>(Collections.nCopies(header.size(), true));
        numeric.set(0, false);
        table.header(header, numeric);
        rows.forEach(table::row);
        String measure = "In the cells: " + axes.get(1) + ".";
        return table.with(caption.isEmpty() ? measure : measure + "\n\n" + caption);
    }
}
