package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Draws bar charts: bars lie, so that names of categories have room. */
final class SvgBarChart {

    private static final SvgFont TICK = SvgFont.sans(11);
    private static final SvgFont CATEGORY = SvgFont.sans(12);
    private static final SvgFont AXIS_TITLE = SvgFont.sans(12);
    private static final SvgFont VALUE = SvgFont.sans(10);
    private static final double WIDTH = 400;
    private static final double MOST_CATEGORY = 190;
    private static final int MOST_LINES = 3;
    private static final double GAP = 8;
    private static final double LEGEND_GAP = 20;
    private static final double BETWEEN = 12;
    private static final double WHISKER = 3;

    /** Length of an arrow head for a number beyond the axis. */
    private static final double BEYOND = 6;

    private final BarChart chart;
    private final SvgSheet sheet;
    private final SvgLegend legend;
    private final ImmutableList<ImmutableList<String>> categories;
    private final double bar;
    private final double categoryEnd;
    private final PlotAxis axis;

    private SvgBarChart(BarChart chart, SvgColors colors, boolean inline) {
        this.chart = chart;
        this.bar = chart.series().size() <= 2 ? 16 : 12;
        this.legend = new SvgLegend(chart.series().stream().map(BarSeries::name).toList());
        this.categories =
                chart.categories().stream()
                        .map(name -> CATEGORY.wrap(VisibleText.of(name), MOST_CATEGORY, MOST_LINES))
                        .collect(ImmutableList.toImmutableList());
        double names =
                categories.stream()
                        .flatMap(ImmutableList::stream)
                        .mapToDouble(CATEGORY::width)
                        .max()
                        .orElse(0);
        PlotAxis.Range range =
                PlotAxis.Range.of(
                        DoubleStream.concat(DoubleStream.of(0), numbers()).toArray(),
                        chart.low(),
                        chart.high());
        double valuesBefore = values(true);
        double before = Math.ceil(names + GAP + valuesBefore);
        double after = Math.ceil(Math.max(values(false), 16));
        this.sheet = sheet(colors, inline, before + WIDTH + after);
        double left = sheet.left() + before;
        this.categoryEnd = sheet.left() + Math.ceil(names);
        this.axis = PlotAxis.of(range, left, left + WIDTH);
    }

    private SvgSheet sheet(SvgColors colors, boolean inline, double plot) {
        double width = plot + (legend.isEmpty() ? 0 : LEGEND_GAP + legend.width());
        return inline ? SvgSheet.inline(chart, colors, width) : SvgSheet.of(chart, colors, width);
    }

    static String of(BarChart chart, Theme theme) {
        return new SvgBarChart(chart, SvgColors.of(theme), false).draw();
    }

    /**
     * An {@code <svg>} element for the inside of a page, in colours that the page defines ({@link
     * SvgColors#css()}). Its title is only spoken, and its caption is left to the page.
     */
    static String inline(BarChart chart) {
        return new SvgBarChart(chart, SvgColors.css(), true).draw();
    }

    private Stream<Measured> bars() {
        return chart.series().stream().flatMap(series -> series.values().stream());
    }

    private DoubleStream numbers() {
        return bars().filter(Measured::isPresent)
                .flatMapToDouble(m -> DoubleStream.of(m.value(), m.low(), m.high()));
    }

    /** Room for numbers written beside bars that go to the left, or to the right. */
    private double values(boolean negative) {
        return bars().filter(number -> isNegative(number) == negative)
                .mapToDouble(number -> VALUE.width(label(number)) + GAP + BEYOND)
                .max()
                .orElse(0);
    }

    private static boolean isNegative(Measured number) {
        return number.value() < 0;
    }

    private static String label(Measured number) {
        return number.isPresent() ? Numbers.show(number.value()) : "no number";
    }

    private String draw() {
        double top = sheet.top() + 2;
        double y = top + BETWEEN / 2;
        double[] middles = new double[chart.categories().size()];
        for (int category = 0; category < middles.length; category++) {
            double height = height(category);
            middles[category] = y + height / 2;
            y += height + BETWEEN;
        }
        double bottom = Math.max(y - BETWEEN / 2, top + BETWEEN);
        grid(top, bottom);
        for (int category = 0; category < middles.length; category++) {
            name(category, middles[category]);
            for (int series = 0; series < chart.series().size(); series++) {
                double above = (series - chart.series().size() / 2.) * bar;
                bar(category, series, middles[category] + above);
            }
        }
        zero(top, bottom);
        legend.draw(
                sheet.left() + sheet.width() - legend.width(),
                top,
                sheet,
                (entry, left, middle) ->
                        shape(entry, left, middle - 5, SvgLegend.sampleWidth(), 10));
        double end = bottom + GAP + TICK.lineHeight() + 4 + AXIS_TITLE.lineHeight();
        return sheet.finish(Math.max(end, top + legend.height()));
    }

    private double height(int category) {
        return Math.max(
                chart.series().size() * bar,
                categories.get(category).size() * CATEGORY.lineHeight());
    }

    private void grid(double top, double bottom) {
        SvgColors colors = sheet.colors();
        double under = bottom + GAP + TICK.lineHeight() / 2;
        for (double tick : axis.ticks().at().toArray()) {
            double x = axis.at(tick);
            sheet.add(SvgElement.line(x, top, x, bottom).stroke(colors.rule(), 1));
            sheet.add(TICK.centred(axis.ticks().label(tick), x, under, colors.faint()));
        }
        sheet.add(
                AXIS_TITLE.centred(
                        AXIS_TITLE.cut(VisibleText.of(chart.valueTitle()), WIDTH),
                        (axis.start() + axis.end()) / 2,
                        under + TICK.lineHeight() / 2 + 4 + AXIS_TITLE.lineHeight() / 2,
                        colors.ink()));
    }

    private void zero(double top, double bottom) {
        if (axis.contains(0)) {
            double x = axis.at(0);
            sheet.add(SvgElement.line(x, top, x, bottom).stroke(sheet.colors().ink(), 1));
        }
    }

    private void name(int category, double middle) {
        ImmutableList<String> lines = categories.get(category);
        double y = middle - (lines.size() - 1) * CATEGORY.lineHeight() / 2;
        for (String line : lines) {
            sheet.add(CATEGORY.ending(line, categoryEnd, y, sheet.colors().ink()));
            y += CATEGORY.lineHeight();
        }
    }

    private void bar(int category, int series, double top) {
        Measured number = chart.series().get(series).values().get(category);
        SvgElement group =
                SvgElement.of("g").add(SvgElement.title(description(category, series)));
        double middle = top + bar / 2;
        double base = axis.within(0);
        double end = number.isPresent() ? axis.within(number.value()) : base;
        group.add(
                shape(
                        series,
                        Math.min(base, end),
                        top + 1,
                        Math.abs(end - base),
                        bar - 2));
        double first = Math.min(base, end);
        double last = Math.max(base, end);
        if (number.isPresent() && number.hasInterval()) {
            whiskers(number, middle, group);
            first = Math.min(first, axis.within(number.low()));
            last = Math.max(last, axis.within(number.high()));
        }
        if (number.isPresent() && !axis.contains(number.value())) {
            group.add(beyond(number.value() > axis.high(), middle, sheet.colors().line(series)));
            last += number.value() > axis.high() ? BEYOND : 0;
            first -= number.value() < axis.low() ? BEYOND : 0;
        }
        String color = number.isPresent() ? sheet.colors().ink() : sheet.colors().faint();
        group.add(
                isNegative(number)
                        ? VALUE.ending(label(number), first - 5, middle, color)
                        : VALUE.starting(label(number), last + 5, middle, color));
        sheet.add(group);
    }

    private SvgElement shape(int series, double x, double y, double width, double height) {
        String color = sheet.colors().line(series);
        SvgElement shape = SvgElement.rect(x, y, width, height).fill(color);
        return chart.series().get(series).baseline()
                ? shape.with("fill-opacity", .35).stroke(color, 1)
                : shape;
    }

    private void whiskers(Measured number, double middle, SvgElement group) {
        String ink = sheet.colors().ink();
        double low = axis.within(number.low());
        double high = axis.within(number.high());
        group.add(SvgElement.line(low, middle, high, middle).stroke(ink, 1));
        for (double end : new double[] {number.low(), number.high()}) {
            // what goes on beyond the axis has no end here
            if (axis.contains(end)) {
                double x = axis.at(end);
                group.add(SvgElement.line(x, middle - WHISKER, x, middle + WHISKER).stroke(ink, 1));
            }
        }
    }

    private SvgElement beyond(boolean right, double middle, String color) {
        double foot = right ? axis.end() : axis.start();
        return SvgMarker.polygon(
                        foot, middle - 4, right ? foot + BEYOND : foot - BEYOND, middle, foot, middle + 4)
                .fill(color);
    }

    private String description(int category, int series) {
        String where = chart.categories().get(category);
        String name = chart.series().get(series).name();
        return (name.isEmpty() ? where : where + ", " + name)
                + ": "
                + ChartText.of(chart.series().get(series).values().get(category));
    }
}
