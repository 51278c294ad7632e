package dev.patchscopes.report;

final class HeatmapTable {

    private HeatmapTable() {}

    static Table of(Heatmap heatmap) {
        return Table.of("not written yet");
    }

    static String markdown(Heatmap heatmap) {
        return "not written yet";
    }
}
