package dev.patchscopes.report;

final class TextProse {

    private TextProse() {}

    static String of(Prose prose, Terminal terminal) {
        return "not written yet";
    }

    static String markdown(Prose prose) {
        return "not written yet";
    }
}
