package dev.patchscopes.report;

final class TextHeatmap {

    private TextHeatmap() {}

    static String of(Heatmap heatmap, Terminal terminal) {
        return "not written yet";
    }
}
