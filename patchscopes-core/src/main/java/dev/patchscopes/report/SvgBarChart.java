package dev.patchscopes.report;

final class SvgBarChart {

    private SvgBarChart() {}

    static String of(BarChart chart, Theme theme) {
        return "not written yet";
    }
}
