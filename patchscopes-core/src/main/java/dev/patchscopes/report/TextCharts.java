package dev.patchscopes.report;

/** Charts for a terminal. */
final class TextCharts {

    private TextCharts() {}

    static String of(LineChart chart, Terminal terminal) {
        return new TextLineChart(chart, terminal).text();
    }

    static String of(BarChart chart, Terminal terminal) {
        return new TextBarChart(chart, terminal).text();
    }
}
