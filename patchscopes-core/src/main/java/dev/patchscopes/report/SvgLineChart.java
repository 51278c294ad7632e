package dev.patchscopes.report;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Draws line charts. */
final class SvgLineChart {

    private static final SvgFont TICK = SvgFont.sans(11);
    private static final SvgFont AXIS_TITLE = SvgFont.sans(12);
    private static final double WIDTH = 520;
    private static final double HEIGHT = 280;
    private static final double TICK_GAP = 8;
    private static final double LEGEND_GAP = 20;

    /** Room between the ends of the line and the first and the last point. */
    private static final double SIDE = 12;

    private final LineChart chart;
    private final SvgSheet sheet;
    private final SvgLegend legend;
    private final PlotAxis x;
    private final PlotAxis y;

    private SvgLineChart(LineChart chart, SvgColors colors, boolean inline) {
        this.chart = chart;
        this.legend = new SvgLegend(chart.series().stream().map(Series::name).toList());
        PlotAxis.Range range =
                PlotAxis.Range.of(
                        points().flatMapToDouble(SvgLineChart::numbers).toArray(),
                        chart.low(),
                        chart.high());
        double labels = PlotAxis.of(range, 0, 1).ticks().width(TICK);
        double before = AXIS_TITLE.lineHeight() + 6 + labels + TICK_GAP;
        double width =
                before + WIDTH + (legend.isEmpty() ? SIDE : LEGEND_GAP + legend.width());
        this.sheet =
                inline
                        ? SvgSheet.inline(chart, colors, width)
                        : SvgSheet.of(chart, colors, width);
        double left = sheet.left() + Math.ceil(before);
        this.x = xAxis(left, left + WIDTH);
        double top = sheet.top() + 6;
        this.y = PlotAxis.of(range, top + HEIGHT, top);
    }

    static String of(LineChart chart, Theme theme) {
        return new SvgLineChart(chart, SvgColors.of(theme), false).draw();
    }

    /**
     * An {@code <svg>} element for the inside of a page, in colours that the page defines ({@link
     * SvgColors#css()}). Its title is only spoken, and its caption is left to the page.
     */
    static String inline(LineChart chart) {
        return new SvgLineChart(chart, SvgColors.css(), true).draw();
    }

    private Stream<Series.Point> points() {
        return chart.series().stream().flatMap(series -> series.points().stream());
    }

    private static DoubleStream numbers(Series.Point point) {
        return DoubleStream.of(point.y().value(), point.y().low(), point.y().high());
    }

    private PlotAxis xAxis(double left, double right) {
        double[] xs = points()
                        .filter(SvgSeries::isPlaced)
                        .mapToDouble(Series.Point::x)
                        .toArray();
        double low = DoubleStream.of(xs).min().orElse(0);
        double high = DoubleStream.of(xs).max().orElse(1);
        boolean whole = DoubleStream.of(xs).allMatch(x -> x == Math.rint(x));
        if (low == high) {
            PlotAxis.Range around =
                    whole && Math.abs(low) < 1e9
                            ? new PlotAxis.Range(low - 1, low + 1)
                            : PlotAxis.Range.of(xs, OptionalDouble.empty(), OptionalDouble.empty());
            low = around.low();
            high = around.high();
        }
        int most = 1;
        Ticks ticks = ticks(low, high, most, whole);
        // as many as there is room for
        for (int more : new int[] {2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 26}) {
            Ticks finer = ticks(low, high, more, whole);
            double room = (right - left) / more;
            if (finer.width(TICK) + 14 < room) {
                ticks = finer;
            }
        }
        double share = SIDE / (right - left - 2 * SIDE);
        return new PlotAxis(
                low - share * (high - low), high + share * (high - low), left, right, ticks);
    }

    private static Ticks ticks(double low, double high, int most, boolean whole) {
        return whole ? Ticks.whole(low, high, most) : Ticks.linear(low, high, most);
    }

    private String draw() {
        grid();
        // what is compared lies over what it is compared with
        List<SvgSeries> drawn = Stream.concat(series(true), series(false)).toList();
        drawn.forEach(SvgSeries::intervals);
        drawn.forEach(SvgSeries::line);
        drawn.forEach(SvgSeries::markers);
        legend.draw(
                x.end() + LEGEND_GAP,
                y.end(),
                sheet,
                (entry, left, middle) -> series(entry).sample(left, middle));
        double bottom = y.start() + TICK_GAP + TICK.lineHeight() + 6 + AXIS_TITLE.lineHeight();
        return sheet.finish(Math.max(bottom, y.end() + legend.height()));
    }

    private Stream<SvgSeries> series(boolean baseline) {
        return IntStream.range(0, chart.series().size())
                .filter(i -> chart.series().get(i).baseline() == baseline)
                .mapToObj(this::series);
    }

    private SvgSeries series(int index) {
        return new SvgSeries(chart, index, x, y, sheet);
    }

    private void grid() {
        SvgColors colors = sheet.colors();
        for (double tick : y.ticks().at().toArray()) {
            sheet.add(SvgElement.line(x.start(), y.at(tick), x.end(), y.at(tick)).stroke(colors.rule(), 1));
            sheet.add(TICK.ending(y.ticks().label(tick), x.start() - TICK_GAP, y.at(tick), colors.faint()));
        }
        double under = y.start() + TICK_GAP + TICK.lineHeight() / 2;
        for (double tick : x.ticks().at().toArray()) {
            sheet.add(SvgElement.line(x.at(tick), y.start(), x.at(tick), y.start() + 4).stroke(colors.faint(), 1));
            sheet.add(TICK.centred(x.ticks().label(tick), x.at(tick), under, colors.faint()));
        }
        sheet.add(SvgElement.line(x.start(), y.start(), x.end(), y.start()).stroke(colors.faint(), 1));
        double middle = (x.start() + x.end()) / 2;
        sheet.add(
                AXIS_TITLE.centred(
                        AXIS_TITLE.cut(VisibleText.of(chart.xTitle()), WIDTH),
                        middle,
                        under + TICK.lineHeight() / 2 + 6 + AXIS_TITLE.lineHeight() / 2,
                        colors.ink()));
        sheet.add(
                AXIS_TITLE.upwards(
                        AXIS_TITLE.cut(VisibleText.of(chart.yTitle()), HEIGHT),
                        sheet.left() + AXIS_TITLE.lineHeight() / 2,
                        (y.start() + y.end()) / 2,
                        colors.ink()));
    }
}
