package dev.patchscopes.report;

final class SvgBarChart {

    private SvgBarChart() {}

    static String of(BarChart chart, Theme theme) {
        throw new UnsupportedOperationException("not written yet");
    }
}
