package dev.patchscopes.report;

final class TableText {

    private TableText() {}

    static String csv(Table table) {
        return "not written yet";
    }

    static String markdown(Table table) {
        return "not written yet";
    }

    static String text(Table table, Terminal terminal) {
        return "not written yet";
    }
}
