package dev.patchscopes.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An element of an SVG document while it is drawn. Whatever text is put into it is escaped when it
 * is written, so no text can become markup; it is written the same way everywhere.
 */
final class SvgElement {

    private static final int REPLACEMENT = 0xfffd;

    private final String name;
    private final Map<String, String> attributes = new LinkedHashMap<>();
    private final StringBuilder style = new StringBuilder();
    private final List<SvgElement> children = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    private SvgElement(String name) {
        this.name = name;
    }

    static SvgElement of(String name) {
        return new SvgElement(name);
    }

    static SvgElement rect(double x, double y, double width, double height) {
        return of("rect").with("x", x).with("y", y).with("width", width).with("height", height);
    }

    static SvgElement line(double x1, double y1, double x2, double y2) {
        return of("line").with("x1", x1).with("y1", y1).with("x2", x2).with("y2", y2);
    }

    /** What a browser shows when its parent is pointed at, and what a screen reader says. */
    static SvgElement title(String text) {
        return of("title").text(text);
    }

    SvgElement with(String attribute, String value) {
        attributes.put(attribute, value);
        return this;
    }

    SvgElement with(String attribute, double value) {
        return with(attribute, number(value));
    }

    /** A property of its style: colours are given so, as attributes cannot hold {@code var()}. */
    SvgElement style(String property, String value) {
        style.append(style.isEmpty() ? "" : ";").append(property).append(':').append(value);
        return this;
    }

    SvgElement fill(String color) {
        return style("fill", color);
    }

    SvgElement stroke(String color, double width) {
        return style("stroke", color).with("stroke-width", width);
    }

    SvgElement text(String added) {
        text.append(added);
        return this;
    }

    SvgElement add(SvgElement child) {
        children.add(child);
        return this;
    }

    /** A transformation: degrees to the right, around a place. */
    static String rotation(double degrees, double x, double y) {
        return "rotate(%s %s %s)".formatted(number(degrees), number(x), number(y));
    }

    boolean isEmpty() {
        return children.isEmpty() && text.isEmpty();
    }

    /** Two decimals at most, a point between, and no minus before 0. */
    static String number(double value) {
        double rounded = Math.rint(value * 100) / 100;
        if (rounded == Math.rint(rounded)) {
            return Long.toString((long) rounded);
        }
        String digits = String.format(Locale.ROOT, "%.2f", rounded);
        return digits.endsWith("0") ? digits.substring(0, digits.length() - 1) : digits;
    }

    /** It and what it holds, as XML. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        write(out);
        return out.toString();
    }

    private void write(StringBuilder out) {
        out.append('<').append(name);
        attributes.forEach((attribute, value) -> writeAttribute(attribute, value, out));
        if (!style.isEmpty()) {
            writeAttribute("style", style.toString(), out);
        }
        if (isEmpty()) {
            out.append("/>");
            return;
        }
        out.append('>');
        escape(text.toString(), out);
        for (SvgElement child : children) {
            out.append(isText() ? "" : "\n");
            child.write(out);
        }
        out.append(isText() || children.isEmpty() ? "" : "\n");
        out.append("</").append(name).append('>');
    }

    private boolean isText() {
        // white space counts within texts
        return name.equals("text") || name.equals("tspan");
    }

    private static void writeAttribute(String attribute, String value, StringBuilder out) {
        out.append(' ').append(attribute).append("=\"");
        escape(value, out);
        out.append('"');
    }

    private static void escape(String text, StringBuilder out) {
        text.codePoints().forEach(point -> escape(point, out));
    }

    private static void escape(int point, StringBuilder out) {
        switch (point) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            // parsers would make spaces or line feeds of them
            case '\t', '\n', '\r' -> out.append("&#").append(point).append(';');
            default -> out.appendCodePoint(isXml(point) ? point : REPLACEMENT);
        }
    }

    /** Whether XML 1.0 can hold it at all, escaped or not. */
    private static boolean isXml(int point) {
        return point >= 0x20 && point <= 0xd7ff
                || point >= 0xe000 && point <= 0xfffd
                || point >= 0x10000;
    }
}
