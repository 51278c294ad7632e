package dev.patchscopes.report;

final class SvgHeatmap {

    private SvgHeatmap() {}

    static String of(Heatmap heatmap, Theme theme) {
        return "not written yet";
    }
}
