package dev.patchscopes.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Texts for a terminal: visible, and of a width that all terminals agree on. Joiners and variation
 * selectors are left out, since terminals differ in how wide the emoji are that they make.
 */
final class TerminalText {

    private TerminalText() {}

    static String of(String text) {
        StringBuilder out = new StringBuilder(text.length());
        VisibleText.of(text)
                .codePoints()
                .filter(point -> point != 0x200d && !isVariationSelector(point))
                .forEach(out::appendCodePoint);
        return out.toString();
    }

    private static boolean isVariationSelector(int point) {
        return point >= 0xfe00 && point <= 0xfe0f || point >= 0xe0100 && point <= 0xe01ef;
    }

    /**
     * Breaks words into lines; one that is wider than a line is broken within.
     *
     * @param text plain text; empty lines part its paragraphs
     * @param columns columns to a line, at least 2
     * @return lines; an empty one between paragraphs
     */
    static List<String> wrap(String text, int columns) {
        List<String> lines = new ArrayList<>();
        for (String paragraph : Paragraphs.of(text)) {
            if (!lines.isEmpty()) {
                lines.add("");
            }
            StringBuilder line = new StringBuilder();
            for (String word : paragraph.split(" +")) {
                append(of(word), line, columns, lines);
            }
            lines.add(line.toString());
        }
        return lines;
    }

    private static void append(String word, StringBuilder line, int columns, List<String> lines) {
        int width = DisplayWidth.of(line.toString());
        if (width > 0 && width + 1 + DisplayWidth.of(word) > columns) {
            flush(line, lines);
            width = 0;
        } else if (width > 0) {
            line.append(' ');
            width++;
        }
        for (int point : word.codePoints().toArray()) {
            if (width + DisplayWidth.of(point) > columns) {
                flush(line, lines);
                width = 0;
            }
            line.appendCodePoint(point);
            width += DisplayWidth.of(point);
        }
    }

    private static void flush(StringBuilder line, List<String> lines) {
        lines.add(line.toString());
        line.setLength(0);
    }
}
