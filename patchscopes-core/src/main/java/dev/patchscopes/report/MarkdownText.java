package dev.patchscopes.report;

final class MarkdownText {

    private MarkdownText() {}

    static String inline(String text) {
        throw new UnsupportedOperationException("not written yet");
    }
}
