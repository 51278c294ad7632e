package dev.patchscopes.examples.tutorial;

import com.google.common.collect.ImmutableSet;
import com.google.common.html.HtmlEscapers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Marks comments, texts, numbers and keywords of Java for a style sheet. */
final class JavaHighlighter {

    private static final ImmutableSet<String> KEYWORDS =
            ImmutableSet.of(
                    "abstract", "assert", "boolean", "break", "byte", "case", "catch", "char",
                    "class", "continue", "default", "do", "double", "else", "enum", "extends",
                    "false", "final", "finally", "float", "for", "if", "implements", "import",
                    "instanceof", "int", "interface", "long", "new", "null", "package", "private",
                    "protected", "public", "record", "return", "sealed", "short", "static",
                    "super", "switch", "synchronized", "this", "throw", "throws", "true", "try",
                    "var", "void", "while", "yield");

    private static final Pattern TOKEN =
            Pattern.compile(
                    "(?<comment>//[^\\n]*|/\\*(?s:.*?)\\*/)"
                            + "|(?<text>\"\"\"(?s:.*?)\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\""
                            + "|'(?:\\\\.|[^'\\\\\\n])*')"
                            + "|(?<number>(?<![\\w.])\\d[\\w.]*)"
                            + "|(?<word>[\\p{L}_$][\\w$]*)");

    private JavaHighlighter() {}

    /** HTML of the same characters. */
    static String html(String java) {
        StringBuilder html = new StringBuilder();
        Matcher matcher = TOKEN.matcher(java);
        int end = 0;
        while (matcher.find()) {
            html.append(escaped(java.substring(end, matcher.start())));
            String token = matcher.group();
            String kind = kind(matcher);
            html.append(
                    kind.isEmpty()
                            ? escaped(token)
                            : "<span class=\"%s\">%s</span>".formatted(kind, escaped(token)));
            end = matcher.end();
        }
        return html.append(escaped(java.substring(end))).toString();
    }

    private static String kind(Matcher matcher) {
        if (matcher.group("comment") != null) {
            return "comment";
        }
        if (matcher.group("text") != null) {
            return "text";
        }
        if (matcher.group("number") != null) {
            return "number";
        }
        return KEYWORDS.contains(matcher.group()) ? "keyword" : "";
    }

    private static String escaped(String text) {
        return HtmlEscapers.htmlEscaper().escape(text);
    }
}
