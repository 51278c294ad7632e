package dev.patchscopes.report;

final class SvgHeatmap {

    private SvgHeatmap() {}

    static String of(Heatmap heatmap, Theme theme) {
        throw new UnsupportedOperationException("not written yet");
    }
}
