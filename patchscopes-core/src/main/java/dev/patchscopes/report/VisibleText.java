package dev.patchscopes.report;

import com.google.common.collect.ImmutableMap;

/**
 * Texts of a model as people can read them: a space at either end becomes a dot, line breaks, tabs
 * and characters that would steer a terminal or a line's direction become escapes.
 */
final class VisibleText {

    private static final char SPACE = '·';
    private static final ImmutableMap<Integer, String> ESCAPES =
            ImmutableMap.of((int) '\n', "\\n", (int) '\r', "\\r", (int) '\t', "\\t");

    private VisibleText() {}

    static String of(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && text.charAt(start) == ' ') {
            start++;
        }
        while (end > start && text.charAt(end - 1) == ' ') {
            end--;
        }
        StringBuilder out = new StringBuilder(text.length() + 2);
        out.append(String.valueOf(SPACE).repeat(start));
        text.substring(start, end).codePoints().forEach(point -> append(point, out));
        return out.append(String.valueOf(SPACE).repeat(text.length() - end)).toString();
    }

    private static void append(int point, StringBuilder out) {
        if (ESCAPES.containsKey(point)) {
            out.append(ESCAPES.get(point));
        } else if (isUnseen(point)) {
            out.append(String.format(point > 0xffff ? "\\u{%x}" : "\\u%04x", point));
        } else {
            out.appendCodePoint(point);
        }
    }

    private static boolean isUnseen(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    // zero-width joiners hold emoji together
                    point != 0x200d;
            default -> false;
        };
    }
}
