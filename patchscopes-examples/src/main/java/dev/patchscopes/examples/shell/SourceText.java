package dev.patchscopes.examples.shell;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where lines, comments and code are in Java. */
final class SourceText {

    private static final Pattern NO_CODE =
            Pattern.compile("(?:\\s|//[^\\n]*(?:\\n|$)|/\\*(?s:.*?)\\*/)*+");
    private static final Pattern REST_OF_LINE = Pattern.compile("[ \\t]*+(?://[^\\n]*+)?+(?:\\n|$)");

    private SourceText() {}

    /** Where the first character stands from a place on that is neither white space nor comment. */
    static int codeStart(String source, int from) {
        Matcher matcher = NO_CODE.matcher(source).region(from, source.length());
        return matcher.lookingAt() ? matcher.end() : from;
    }

    /** Where the line after that of a place begins. */
    static int lineEnd(String source, int from) {
        int end = source.indexOf('\n', from);
        return end < 0 ? source.length() : end + 1;
    }

    /** The end of the line if nothing but a comment follows, so that the comment stays with it. */
    static int withComment(String source, int end) {
        if (end > 0 && source.charAt(end - 1) == '\n') {
            return end;
        }
        Matcher matcher = REST_OF_LINE.matcher(source).region(end, source.length());
        return matcher.lookingAt() ? matcher.end() : end;
    }

    /** Line breaks before a place. */
    static int linesBefore(String source, int end) {
        return (int) source.substring(0, end).chars().filter(c -> c == '\n').count();
    }
}
