package dev.patchscopes.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Lines plotted in characters: a letter a line at its points, dots between them (dashes if it is a
 * baseline), colons along the intervals.
 */
final class TextLineChart {

    private static final int WIDEST = 100;
    private static final int MOST_ROWS = 16;
    private static final int LEAST_ROWS = 8;
    private static final int ROWS_TO_A_TICK = 2;
    private static final int COLUMNS_TO_A_TICK = 8;
    private static final char BETWEEN = '·';
    private static final char BASELINE = '-';
    private static final char INTERVAL = ':';
    private static final String SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private final LineChart chart;
    private final Terminal terminal;
    private final Ansi ansi;
    private final Palette palette = Palette.of(Theme.LIGHT);
    private final double left;
    private final double right;
    private final double low;
    private final double high;

    /** Numbers at the left, by row; empty where there is none. */
    private final String[] labels;

    private final int gutter;
    private final PlotCanvas canvas;

    TextLineChart(LineChart chart, Terminal terminal) {
        this.chart = chart;
        this.terminal = terminal;
        this.ansi = new Ansi(terminal.colors());
        this.left = points().mapToDouble(Series.Point::x).min().orElse(0);
        this.right = points().mapToDouble(Series.Point::x).max().orElse(0);
        double least = chart.low().orElse(numbers().min().orElse(0));
        double greatest = chart.high().orElse(numbers().max().orElse(1));
        boolean isLevel = least >= greatest;
        // a level line lies in the middle, between ends of about its size
        double margin = isLevel ? Math.max(Math.abs(least) / 2, Double.MIN_NORMAL) : 0;
        this.low = chart.low().orElse(Math.min(least, greatest) - margin);
        this.high = chart.high().orElse(Math.max(least, greatest) + margin);
        int rows =
                Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.min(WIDEST, terminal.columns()) / 5));
        this.labels = new String[rows];
        Arrays.fill(labels, "");
        if (isLevel && isInside(least)) {
            labels[row(least)] = Numbers.show(least);
        } else if (high > low) {
            Ticks ticks = Ticks.linear(low, high, Math.max(2, rows / ROWS_TO_A_TICK - 1));
            ticks.at().forEach(tick -> labels[row(tick)] = ticks.label(tick));
        }
        this.gutter = Arrays.stream(labels).mapToInt(String::length).max().orElse(0);
        this.canvas = new PlotCanvas(rows, Math.min(WIDEST, terminal.columns() - gutter - 1));
    }

    /** Points that have a number. */
    private Stream<Series.Point> points() {
        return chart.series().stream()
                .flatMap(series -> series.points().stream())
                .filter(TextLineChart::isDrawn);
    }

    private static boolean isDrawn(Series.Point point) {
        return Double.isFinite(point.x()) && Double.isFinite(point.y().value());
    }

    private DoubleStream numbers() {
        return points().map(Series.Point::y)
                .flatMapToDouble(y -> DoubleStream.of(y.value(), y.low(), y.high()))
                .filter(Double::isFinite);
    }

    String text() {
        TextLines lines = new TextLines(terminal).title(chart.title());
        if (points().findAny().isEmpty()) {
            return lines.words(chart.yTitle() + ": no numbers").words(chart.caption()).toString();
        }
        draw();
        lines.words(chart.yTitle());
        for (int row = 0; row < canvas.rows(); row++) {
            lines.add(
                    DisplayWidth.right(labels[row], gutter)
                            + (labels[row].isEmpty() ? "│" : "┤")
                            + canvas.row(row, ansi, palette));
        }
        horizontalAxis(lines);
        legend(lines);
        return lines.words(chart.caption()).toString();
    }

    private void draw() {
        for (int i = 0; i < chart.series().size(); i++) {
            for (Series.Point point : chart.series().get(i).points()) {
                if (isDrawn(point) && isInside(point.y().value())) {
                    canvas.mark(row(point.y().value()), column(point.x()), sign(i), i);
                }
            }
        }
        for (int i = 0; i < chart.series().size(); i++) {
            List<Series.Point> points = chart.series().get(i).points();
            for (int p = 1; p < points.size(); p++) {
                if (isDrawn(points.get(p - 1)) && isDrawn(points.get(p))) {
                    connect(points.get(p - 1), points.get(p), i);
                }
            }
        }
        for (int i = 0; i < chart.series().size(); i++) {
            for (Series.Point point : chart.series().get(i).points()) {
                if (isDrawn(point) && point.y().hasInterval()) {
                    interval(point, i);
                }
            }
        }
    }

    private static char sign(int series) {
        return SIGNS.charAt(series % SIGNS.length());
    }

    private void connect(Series.Point from, Series.Point to, int series) {
        int start = column(from.x());
        int end = column(to.x());
        int rise = Math.abs(unboundedRow(to.y().value()) - unboundedRow(from.y().value()));
        int steps = Math.max(Math.abs(end - start), Math.min(rise, 4 * canvas.rows()));
        char sign = chart.series().get(series).baseline() ? BASELINE : BETWEEN;
        for (int step = 1; step < steps; step++) {
            double share = step / (double) steps;
            double y = from.y().value() + share * (to.y().value() - from.y().value());
            if (isInside(y)) {
                canvas.fill(row(y), (int) Math.round(start + share * (end - start)), sign, series);
            }
        }
    }

    private void interval(Series.Point point, int series) {
        double top = Math.min(high, point.y().high());
        double bottom = Math.max(low, point.y().low());
        if (top >= low && bottom <= high) {
            for (int row = row(top); row <= row(bottom); row++) {
                canvas.fill(row, column(point.x()), INTERVAL, series);
            }
        }
    }

    private boolean isInside(double y) {
        return y >= low && y <= high;
    }

    private int row(double y) {
        return Math.max(0, Math.min(labels.length - 1, unboundedRow(y)));
    }

    private int unboundedRow(double y) {
        return (int) Math.round((high - y) / (high - low) * (labels.length - 1));
    }

    private int column(double x) {
        int last = canvas.columns() - 1;
        return left == right ? last / 2 : (int) Math.round((x - left) / (right - left) * last);
    }

    private void horizontalAxis(TextLines lines) {
        StringBuilder line = new StringBuilder("─".repeat(canvas.columns()));
        StringBuilder labels = new StringBuilder();
        boolean whole = points().allMatch(point -> point.x() == Math.rint(point.x()));
        int most = Math.max(2, canvas.columns() / COLUMNS_TO_A_TICK - 1);
        Ticks ticks;
        if (left == right) {
            ticks = Ticks.only(left);
        } else {
            ticks = whole ? Ticks.whole(left, right, most) : Ticks.linear(left, right, most);
        }
        for (double tick : ticks.at().asList()) {
            String label = ticks.label(tick);
            int column = column(tick);
            int start =
                    Math.max(
                            0,
                            Math.min(
                                    canvas.columns() - label.length(),
                                    column - (label.length() - 1) / 2));
            if (start + label.length() <= canvas.columns()
                    && (labels.length() == 0 || start > labels.length())) {
                line.setCharAt(column, '┬');
                labels.append(" ".repeat(start - labels.length())).append(label);
            }
        }
        String margin = " ".repeat(gutter);
        lines.add(margin + "└" + line);
        lines.add(margin + " " + labels);
        String title = DisplayWidth.cut(TerminalText.of(chart.xTitle()), canvas.columns());
        lines.add(margin + " ".repeat(1 + (canvas.columns() - DisplayWidth.of(title)) / 2) + title);
    }

    private void legend(TextLines lines) {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < chart.series().size(); i++) {
            entries.add(sign(i) + " " + TerminalText.of(chart.series().get(i).name()));
        }
        if (canvas.hasSeveral()) {
            entries.add("* several");
        }
        if (points().anyMatch(point -> point.y().hasInterval())) {
            entries.add(INTERVAL + " interval");
        }
        StringBuilder line = new StringBuilder();
        int width = 0;
        for (int i = 0; i < entries.size(); i++) {
            String entry = DisplayWidth.cut(entries.get(i), terminal.columns());
            if (width > 0 && width + 3 + DisplayWidth.of(entry) > terminal.columns()) {
                lines.add(line.toString());
                line.setLength(0);
                width = 0;
            }
            String gap = width == 0 ? "" : "   ";
            width += gap.length() + DisplayWidth.of(entry);
            line.append(gap)
                    .append(i < chart.series().size() ? ansi.in(palette.line(i), entry) : entry);
        }
        lines.add(line.toString());
    }
}
