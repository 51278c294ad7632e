package dev.patchscopes.report;

final class TextHeatmap {

    private TextHeatmap() {}

    static String of(Heatmap heatmap, Terminal terminal) {
        throw new UnsupportedOperationException("not written yet");
    }
}
