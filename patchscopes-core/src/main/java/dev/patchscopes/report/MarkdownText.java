package dev.patchscopes.report;

final class MarkdownText {

    private MarkdownText() {}

    static String inline(String text) {
        return "not written yet";
    }
}
