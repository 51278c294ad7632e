package dev.patchscopes.report;

import java.util.ArrayList;
import java.util.List;

/**
 * As much of CommonMark and GitHub's tables as texts that are escaped need: whatever would be more
 * than text, such as emphasis or a link, is an error.
 */
final class SmallMarkdown {

    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    private static final String SYNTAX = "`*_[]<>&|~$#";

    private SmallMarkdown() {}

    /** The cells of a table's row, still as Markdown. */
    static List<String> cells(String row) {
        if (!row.startsWith("| ") || !row.endsWith(" |")) {
            throw new IllegalArgumentException("no row: " + row);
        }
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        for (int i = 1; i < row.length(); i++) {
            char c = row.charAt(i);
            if (c == '\\' && i + 1 < row.length()) {
                cell.append(c).append(row.charAt(++i));
            } else if (c == '|') {
                cells.add(cell.toString().strip());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        return cells;
    }

    /** A text that stands out. */
    static String bold(String markdown) {
        if (!markdown.startsWith("**") || !markdown.endsWith("**") || markdown.length() < 5) {
            throw new IllegalArgumentException("not bold: " + markdown);
        }
        return text(markdown.substring(2, markdown.length() - 2));
    }

    /** What a browser shows of a line that is text alone. */
    static String text(String markdown) {
        if (markdown.matches("(?is).*(://|www\\.).*|([-+]|\\d{1,9}[.)])( .*)?|-[- ]*")) {
            throw new IllegalArgumentException("not text alone: " + markdown);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < markdown.length(); i++) {
            char c = markdown.charAt(i);
            if (c == '\\' && i + 1 < markdown.length() && isPunctuation(markdown.charAt(i + 1))) {
                text.append(markdown.charAt(++i));
            } else if (markdown.startsWith("&nbsp;", i)) {
                text.append('\u00a0');
                i += "&nbsp;".length() - 1;
            } else if (SYNTAX.indexOf(c) >= 0 || c == '\n') {
                throw new IllegalArgumentException("'" + c + "' is syntax in: " + markdown);
            } else {
                text.append(c);
            }
        }
        return text.toString().strip().replaceAll(" +", " ").replace('\u00a0', ' ');
    }

    private static boolean isPunctuation(char c) {
        return PUNCTUATION.indexOf(c) >= 0;
    }
}
