package dev.patchscopes.report;

import com.google.common.base.CharMatcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Texts that a renderer of Markdown shows as they are (CommonMark 0.31, and GitHub's tables, links
 * and formulas): what would be syntax is escaped. Spaces at the ends, line breaks and what cannot
 * be seen are made visible first.
 */
final class MarkdownText {

    private static final CharMatcher SYNTAX = CharMatcher.anyOf("\\`*_[]<>&|~$#");

    /** What starts a list, or rules a line off, where it starts a line. */
    private static final Pattern START = Pattern.compile("^(\\d{0,9})([-+]|(?<=\\d)[.)])(?=[- ]|$)");

    /** Where an address starts that GitHub would make a link of. */
    private static final Pattern WWW = Pattern.compile("(www)\\.", Pattern.CASE_INSENSITIVE);

    private MarkdownText() {}

    /** A text for a heading, a cell, or a line of its own. */
    static String inline(String text) {
        StringBuilder out = new StringBuilder();
        char before = 0;
        for (char c : VisibleText.of(text).toCharArray()) {
            if (SYNTAX.matches(c)) {
                out.append('\\').append(c);
            } else if (c == ' ' && before == ' ') {
                // a browser would make one of many spaces
                out.append("&nbsp;");
            } else {
                out.append(c);
            }
            before = c;
        }
        String unlinked = WWW.matcher(out.toString().replace("://", ":\\//")).replaceAll("$1\\\\.");
        return START.matcher(unlinked).replaceFirst("$1\\\\$2");
    }

    /** A text that stands out; none if it is empty. */
    static String bold(String text) {
        return text.isEmpty() ? "" : "**" + inline(text) + "**";
    }

    /** Paragraphs, a line each, empty lines between them; nothing if there are none. */
    static String paragraphs(String text) {
        return Paragraphs.of(text).stream()
                .map(paragraph -> inline(paragraph) + "\n")
                .collect(Collectors.joining("\n"));
    }
}
