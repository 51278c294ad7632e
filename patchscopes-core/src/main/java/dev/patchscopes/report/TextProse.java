package dev.patchscopes.report;

final class TextProse {

    private TextProse() {}

    static String of(Prose prose, Terminal terminal) {
        throw new UnsupportedOperationException("not written yet");
    }

    static String markdown(Prose prose) {
        throw new UnsupportedOperationException("not written yet");
    }
}
