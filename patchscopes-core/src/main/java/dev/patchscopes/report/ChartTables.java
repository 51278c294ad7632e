package dev.patchscopes.report;

final class ChartTables {

    private ChartTables() {}

    static Table of(LineChart chart) {
        throw new UnsupportedOperationException("not written yet");
    }

    static Table of(BarChart chart) {
        throw new UnsupportedOperationException("not written yet");
    }

    static String markdown(LineChart chart) {
        throw new UnsupportedOperationException("not written yet");
    }

    static String markdown(BarChart chart) {
        throw new UnsupportedOperationException("not written yet");
    }
}
