package dev.patchscopes.report;

final class HtmlPage {

    private HtmlPage() {}

    static String document(Page page) {
        return "not written yet";
    }

    static String fragment(Page page) {
        return "not written yet";
    }
}
