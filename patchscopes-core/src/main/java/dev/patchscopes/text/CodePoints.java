package dev.patchscopes.text;

/** Translates code point offsets, which the native tokenizer counts in, to UTF-16 offsets. */
final class CodePoints {

    private final String text;

    /** UTF-16 index of each code point and of the end; unused where both counts agree. */
    private final int[] starts;

    CodePoints(String text) {
        this.text = text;
        int count = text.codePointCount(0, text.length());
        this.starts = new int[count == text.length() ? 0 : count + 1];
        for (int i = 0, at = 0; i < starts.length; i++) {
            starts[i] = at;
            at += at < text.length() ? Character.charCount(text.codePointAt(at)) : 0;
        }
    }

    CharSpan toUtf16(int start, int end) {
        return new CharSpan(toUtf16(start), toUtf16(end));
    }

    private int toUtf16(int codePoint) {
        if (starts.length == 0) {
            return Math.min(codePoint, text.length());
        }
        return starts[Math.min(codePoint, starts.length - 1)];
    }

    /** The text with U+FFFD for each surrogate that has no partner; same length. */
    static String wellFormed(String text) {
        StringBuilder repaired = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (repaired == null) {
                repaired = new StringBuilder(text);
            }
            repaired.setCharAt(i, '\uFFFD');
        }
        return repaired == null ? text : repaired.toString();
    }
}
