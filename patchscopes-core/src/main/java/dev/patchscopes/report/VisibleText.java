package dev.patchscopes.report;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;

/**
 * Texts of a model as people can read them: a space at either end becomes a dot, line breaks, tabs,
 * blanks other than spaces, and characters that would steer a terminal or a line's direction become
 * escapes. A mark that has no character to stand on gets a dotted circle.
 */
final class VisibleText {

    private static final char SPACE = '·';
    private static final char CIRCLE = '◌';
    private static final int JOINER = 0x200d;
    private static final ImmutableMap<Integer, String> ESCAPES =
            ImmutableMap.of((int) '\n', "\\n", (int) '\r', "\\r", (int) '\t', "\\t");

    /** Letters and symbols by their type, but blank: fillers of Hangul, the empty Braille cell. */
    private static final ImmutableSet<Integer> BLANK =
            ImmutableSet.of(0x115f, 0x1160, 0x3164, 0xffa0, 0x2800);

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
        int[] points = text.substring(start, end).codePoints().toArray();
        for (int i = 0; i < points.length; i++) {
            append(points, i, out);
        }
        return out.append(String.valueOf(SPACE).repeat(text.length() - end)).toString();
    }

    private static void append(int[] points, int i, StringBuilder out) {
        int point = points[i];
        if (ESCAPES.containsKey(point)) {
            out.append(ESCAPES.get(point));
        } else if (isUnseen(point) && !isJoining(points, i)) {
            out.append(String.format(point > 0xffff ? "\\u{%x}" : "\\u%04x", point));
        } else {
            if (isMark(point) && !isSeen(points, i - 1)) {
                out.append(CIRCLE);
            }
            out.appendCodePoint(point);
        }
    }

    /** A joiner between two characters that are seen holds emoji together. */
    private static boolean isJoining(int[] points, int i) {
        return points[i] == JOINER && isSeen(points, i - 1) && isSeen(points, i + 1);
    }

    private static boolean isSeen(int[] points, int i) {
        return i >= 0 && i < points.length && points[i] != ' ' && !isUnseen(points[i]);
    }

    private static boolean isMark(int point) {
        return switch (Character.getType(point)) {
            case Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.COMBINING_SPACING_MARK ->
                    true;
            default -> false;
        };
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
                    true;
            case Character.SPACE_SEPARATOR -> point != ' ';
            default -> BLANK.contains(point);
        };
    }
}
