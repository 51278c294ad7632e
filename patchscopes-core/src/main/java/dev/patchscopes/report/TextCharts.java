package dev.patchscopes.report;

final class TextCharts {

    private TextCharts() {}

    static String of(LineChart chart, Terminal terminal) {
        return "not written yet";
    }

    static String of(BarChart chart, Terminal terminal) {
        return "not written yet";
    }
}
