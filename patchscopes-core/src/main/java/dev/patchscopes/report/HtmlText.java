package dev.patchscopes.report;

import java.util.Locale;

/**
 * Texts inside HTML that is XML as well, so that any tool can read a page. What neither may hold,
 * such as NUL or half of a surrogate pair, is shown as an escape.
 */
final class HtmlText {

    private HtmlText() {}

    /** Plain text, for an element or a quoted attribute. */
    static String plain(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(point -> append(point, out));
        return out.toString();
    }

    /** A text of a model, with what is not seen made visible. */
    static String visible(String text) {
        return plain(VisibleText.of(text));
    }

    private static void append(int point, StringBuilder out) {
        switch (point) {
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '&' -> out.append("&amp;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            default -> {
                if (isAllowed(point)) {
                    out.appendCodePoint(point);
                } else {
                    out.append(escape(point));
                }
            }
        }
    }

    /**
     * JSON for a script element. In JSON, what could end or comment out the element, and what is
     * not allowed, stands in strings only, and there an escape means the same.
     */
    static String json(String json) {
        StringBuilder out = new StringBuilder(json.length() + 16);
        json.codePoints()
                .forEach(
                        point -> {
                            boolean special =
                                    switch (point) {
                                        case '<', '>', '&', 0x2028, 0x2029 -> true;
                                        default -> !isAllowed(point);
                                    };
                            if (special) {
                                out.append(escape(point));
                            } else {
                                out.appendCodePoint(point);
                            }
                        });
        return out.toString();
    }

    private static String escape(int point) {
        return point > 0xffff
                ? escape(Character.highSurrogate(point)) + escape(Character.lowSurrogate(point))
                : String.format(Locale.ROOT, "\\u%04x", point);
    }

    /** Whether both HTML and XML 1.0 allow a character. */
    private static boolean isAllowed(int point) {
        return point == '\t'
                || point == '\n'
                || (point >= 0x20
                        && !(point >= 0x7f && point <= 0x9f)
                        && !(point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)
                        && !(point >= 0xfdd0 && point <= 0xfdef)
                        && (point & 0xfffe) != 0xfffe);
    }
}
