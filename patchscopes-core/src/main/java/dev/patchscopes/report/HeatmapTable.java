package dev.patchscopes.report;

final class HeatmapTable {

    private HeatmapTable() {}

    static Table of(Heatmap heatmap) {
        throw new UnsupportedOperationException("not written yet");
    }

    static String markdown(Heatmap heatmap) {
        throw new UnsupportedOperationException("not written yet");
    }
}
