package dev.patchscopes.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Bars that lie, one a line, with number and interval beside; baselines are dotted. Where there is
 * no room for bars, a table.
 */
final class TextBarChart {

    private static final int WIDEST = 60;
    private static final int NARROWEST = 8;
    private static final String FULL = "█";
    private static final String BASELINE = "░";
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    private final BarChart chart;
    private final Terminal terminal;
    private final Ansi ansi;
    private final Palette palette = Palette.of(Theme.LIGHT);
    private final double low;
    private final double high;
    private final int nameWidth;
    private final int seriesWidth;
    private final int barWidth;

    TextBarChart(BarChart chart, Terminal terminal) {
        this.chart = chart;
        this.terminal = terminal;
        this.ansi = new Ansi(terminal.colors());
        double least = numbers().min().orElse(0);
        double greatest = numbers().max().orElse(1);
        double from = chart.low().orElse(Math.min(0, least));
        this.low = chart.high().isPresent() ? Math.min(from, chart.high().getAsDouble()) : from;
        double to = chart.high().orElse(Math.max(0, greatest));
        this.high = to > low ? to : low + 1;
        int widest = terminal.columns() / 4;
        this.nameWidth = Math.min(widest, widest(chart.categories().stream()));
        this.seriesWidth =
                chart.series().size() > 1
                        ? Math.min(widest, widest(chart.series().stream().map(BarSeries::name)))
                        : 0;
        int numbers = widest(values().map(ChartText::of));
        int gaps = seriesWidth > 0 ? 3 : 2;
        this.barWidth =
                Math.min(WIDEST, terminal.columns() - nameWidth - seriesWidth - numbers - gaps);
    }

    private Stream<Measured> values() {
        return chart.series().stream().flatMap(bars -> bars.values().stream());
    }

    private DoubleStream numbers() {
        return values().flatMapToDouble(
                        value -> DoubleStream.of(value.value(), value.low(), value.high()))
                .filter(Double::isFinite);
    }

    private static int widest(Stream<String> texts) {
        return texts.map(TerminalText::of).mapToInt(DisplayWidth::of).max().orElse(0);
    }

    String text() {
        TextLines lines = new TextLines(terminal).title(chart.title());
        if (barWidth < NARROWEST) {
            lines.block(table().toText(terminal));
        } else {
            lines.words(
                    "%s, bars from %s to %s"
                            .formatted(chart.valueTitle(), Numbers.show(low), Numbers.show(high)));
            for (int category = 0; category < chart.categories().size(); category++) {
                for (int series = 0; series < chart.series().size(); series++) {
                    lines.add(line(category, series));
                }
            }
        }
        return lines.words(chart.caption()).toString();
    }

    private Table table() {
        List<List<Object>> rows = new ArrayList<>();
        for (int category = 0; category < chart.categories().size(); category++) {
            for (BarSeries bars : chart.series()) {
                String number = ChartText.of(bars.values().get(category));
                rows.add(
                        List.of(
                                chart.categories().get(category),
                                bars.name(),
                                new TableCell(number, number, true)));
            }
        }
        return Table.of("", "category", "series", chart.valueTitle()).withRows(rows);
    }

    private String line(int category, int series) {
        BarSeries bars = chart.series().get(series);
        Measured value = bars.values().get(category);
        String name = series == 0 ? TerminalText.of(chart.categories().get(category)) : "";
        StringBuilder line = new StringBuilder(DisplayWidth.left(name, nameWidth)).append(' ');
        if (seriesWidth > 0) {
            line.append(DisplayWidth.left(TerminalText.of(bars.name()), seriesWidth)).append(' ');
        }
        String bar = value.isPresent() ? bar(value.value(), bars.baseline()) : "";
        line.append(ansi.in(palette.line(series), bar))
                .append(" ".repeat(barWidth + 1 - DisplayWidth.of(bar)));
        return line.append(ChartText.of(value)).toString();
    }

    /** From 0, or the end of the axis that is nearest to it, to the number. */
    private String bar(double value, boolean baseline) {
        double zero = place(0);
        double end = place(value);
        int start = (int) Math.round(Math.min(zero, end));
        String before = " ".repeat(start);
        if (baseline || end < zero) {
            int size = (int) Math.round(Math.max(zero, end)) - start;
            return before + (baseline ? BASELINE : FULL).repeat(size);
        }
        int eighths = (int) Math.max(0, Math.round((end - start) * EIGHTHS.length()));
        int rest = eighths % EIGHTHS.length();
        return before
                + FULL.repeat(eighths / EIGHTHS.length())
                + (rest == 0 ? "" : EIGHTHS.substring(rest, rest + 1));
    }

    /** Columns from the left of the bars. */
    private double place(double number) {
        return barWidth * Math.min(1, Math.max(0, (number - low) / (high - low)));
    }
}
