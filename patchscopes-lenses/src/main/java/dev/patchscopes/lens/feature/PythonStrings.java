package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;
import java.util.HexFormat;

/** A list of texts as Python prints it: {@code [' a', "it's", '\x0b']}. */
final class PythonStrings {
    private final String text;
    private int at;

    private PythonStrings(String text) {
        this.text = text;
    }

    /**
     * Reads a list.
     *
     * @throws IllegalArgumentException if the text is none; the message says where
     */
    static ImmutableList<String> parse(String text) {
        PythonStrings in = new PythonStrings(text.strip());
        ImmutableList<String> list = in.list();
        if (in.at < in.text.length()) {
            throw in.expected("the end");
        }
        return list;
    }

    private ImmutableList<String> list() {
        ImmutableList.Builder<String> out = ImmutableList.builder();
        take('[');
        if (next() == ']') {
            at++;
            return out.build();
        }
        while (true) {
            out.add(string());
            if (next() == ']') {
                at++;
                return out.build();
            }
            take(',');
            while (next() == ' ') {
                at++;
            }
        }
    }

    private String string() {
        char quote = next();
        if (quote != '\'' && quote != '"') {
            throw expected("a text in quotes");
        }
        at++;
        StringBuilder out = new StringBuilder();
        while (next() != quote) {
            char c = text.charAt(at++);
            if (c == '\\') {
                escape(out);
            } else {
                out.append(c);
            }
        }
        at++;
        return out.toString();
    }

    private void escape(StringBuilder out) {
        char c = next();
        at++;
        switch (c) {
            case '\\', '\'', '"' -> out.append(c);
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'x' -> out.appendCodePoint(hex(2));
            case 'u' -> out.appendCodePoint(hex(4));
            case 'U' -> out.appendCodePoint(hex(8));
            default -> {
                at--;
                throw expected("an escape that Python prints");
            }
        }
    }

    private int hex(int digits) {
        int end = at + digits;
        boolean isHex =
                end <= text.length()
                        && text.substring(at, end).chars().allMatch(HexFormat::isHexDigit);
        if (!isHex || HexFormat.fromHexDigitsToLong(text, at, end) > Character.MAX_CODE_POINT) {
            throw expected("a character in %d hexadecimal digits".formatted(digits));
        }
        int value = HexFormat.fromHexDigits(text, at, end);
        at = end;
        return value;
    }

    private char next() {
        if (at >= text.length()) {
            throw expected("more");
        }
        return text.charAt(at);
    }

    private void take(char c) {
        if (next() != c) {
            throw expected("'" + c + "'");
        }
        at++;
    }

    private IllegalArgumentException expected(String what) {
        return new IllegalArgumentException(
                "is no list of texts as Python prints it: %s expected at character %d"
                        .formatted(what, at));
    }
}
