package dev.patchscopes.report;

final class HtmlPage {

    private HtmlPage() {}

    static String document(Page page) {
        throw new UnsupportedOperationException("not written yet");
    }

    static String fragment(Page page) {
        throw new UnsupportedOperationException("not written yet");
    }
}
