package dev.patchscopes.report;

final class TableText {

    private TableText() {}

    static String csv(Table table) {
        throw new UnsupportedOperationException("not written yet");
    }

    static String markdown(Table table) {
        throw new UnsupportedOperationException("not written yet");
    }

    static String text(Table table, Terminal terminal) {
        throw new UnsupportedOperationException("not written yet");
    }
}
