package dev.patchscopes.internal;

/** Fields of comma-separated values. */
public final class Csv {

    private Csv() {}

    /**
     * Quotes a text.
     *
     * @param text any text
     * @return a field that holds it
     */
    public static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }
}
