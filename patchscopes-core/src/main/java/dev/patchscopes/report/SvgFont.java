package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How texts are set, and how wide they become. Widths are estimates on the wide side for the fonts
 * that the family's names may stand for, so a picture is the same on every machine and its texts
 * keep apart in a reader's font too.
 *
 * @param mono whether all its letters are as wide
 * @param size in units of the SVG
 * @param bold whether it is bold
 */
record SvgFont(boolean mono, double size, boolean bold) {

    static final String SANS = "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif";
    static final String MONO = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
    static final String ELLIPSIS = "…";

    private static final double MONO_WIDTH = .61;
    private static final double LINE_HEIGHT = 1.35;

    /** Half the height of a digit: from the middle of a text down to its base line. */
    private static final double MIDDLE = .36;

    /** Bold letters are wider. */
    private static final double BOLD = 1.14;

    private static final ImmutableMap<String, Double> WIDTHS =
            ImmutableMap.of(
                    " ijlI.,:;'|!`·", .34,
                    "frt()[]{}/\\\"-", .46,
                    "cksvxyzJLF*_?", .6,
                    "ABCKRVXZ", .7,
                    "DGHNOQU", .79,
                    "Mw+=<>~^#", .87,
                    "Wm@%…→★∞", 1.0);

    /** What people take for one letter: marks and joined emoji stay together. */
    private static final Pattern CLUSTER = Pattern.compile("\\X");

    private static final Pattern SPACES = Pattern.compile("\\s+");

    static SvgFont sans(double size) {
        return new SvgFont(false, size, false);
    }

    static SvgFont mono(double size) {
        return new SvgFont(true, size, false);
    }

    SvgFont bolder() {
        return new SvgFont(mono, size, true);
    }

    SvgFont sized(double size) {
        return new SvgFont(mono, size, bold);
    }

    double lineHeight() {
        return Math.ceil(LINE_HEIGHT * size);
    }

    /** What to add to the middle of a line to come to its base line. */
    double middle() {
        return MIDDLE * size;
    }

    double width(String text) {
        return text.codePoints().mapToDouble(this::ems).sum() * size * (bold ? BOLD : 1);
    }

    private double ems(int point) {
        boolean common = point < 0x250 || point >= 0x370 && point < 0x530 || point == '…';
        return mono && common && point >= ' ' ? MONO_WIDTH : proportional(point);
    }

    private static double proportional(int point) {
        if (point < 0x80 || point == '·' || point == '…' || point == '→' || point == '★') {
            String letter = Character.toString(point);
            return WIDTHS.entrySet().stream()
                    .filter(entry -> entry.getKey().contains(letter))
                    .mapToDouble(Map.Entry::getValue)
                    .findFirst()
                    .orElse(.65);
        }
        return switch (Character.getType(point)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
            case Character.LOWERCASE_LETTER -> point < 0x400 ? .75 : .95;
            default -> isPictorial(point) ? 1.4 : isVeryWide(point) ? 4 : 1;
        };
    }

    private static boolean isPictorial(int point) {
        return point >= 0x2600 && point < 0x27c0
                || point >= 0x2b00 && point < 0x2c00
                || point >= 0x1f000 && point < 0x1fb00;
    }

    /** Words and phrases in one character, and cuneiform. */
    private static boolean isVeryWide(int point) {
        return point >= 0xfdf0 && point < 0xfe00
                || point == 0x2e3a
                || point == 0x2e3b
                || point >= 0x12000 && point < 0x12550;
    }

    /** As much of a text as fits; if not all does, with an ellipsis; "" if not even that fits. */
    String cut(String text, double most) {
        if (width(text) <= most) {
            return text;
        }
        double left = most - width(ELLIPSIS);
        if (left < 0) {
            return "";
        }
        int end = 0;
        Matcher matcher = CLUSTER.matcher(text);
        while (matcher.find()) {
            left -= width(matcher.group());
            if (left < 0) {
                break;
            }
            end = matcher.end();
        }
        return end == 0 ? "" : text.substring(0, end) + ELLIPSIS;
    }

    /**
     * Lines of words, the last one cut if they would be more than allowed. Words too long for a
     * line are broken anywhere.
     */
    ImmutableList<String> wrap(String text, double most, int mostLines) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : SPACES.splitAsStream(text.strip()).toList()) {
            String longer = line.isEmpty() ? word : line + " " + word;
            if (width(longer) <= most) {
                line.replace(0, line.length(), longer);
                continue;
            }
            if (!line.isEmpty()) {
                lines.add(line.toString());
            }
            line.setLength(0);
            line.append(broken(word, most, lines));
        }
        if (!line.isEmpty()) {
            lines.add(line.toString());
        }
        if (lines.size() > mostLines) {
            String last = String.join(" ", lines.subList(mostLines - 1, lines.size()));
            return ImmutableList.<String>builder()
                    .addAll(lines.subList(0, mostLines - 1))
                    .add(cut(last, most))
                    .build();
        }
        return ImmutableList.copyOf(lines);
    }

    /** Adds lines of a word until the rest of it fits. */
    private String broken(String word, double most, List<String> lines) {
        StringBuilder line = new StringBuilder();
        double used = 0;
        Matcher matcher = CLUSTER.matcher(word);
        while (matcher.find()) {
            double width = width(matcher.group());
            if (used + width > most && !line.isEmpty()) {
                lines.add(line.toString());
                line.setLength(0);
                used = 0;
            }
            used += width;
            line.append(matcher.group());
        }
        return line.toString();
    }

    /** A text whose base line starts at a place. */
    SvgElement draw(String text, double x, double y, String color) {
        SvgElement element =
                SvgElement.of("text")
                        .with("x", x)
                        .with("y", y)
                        .with("font-size", size)
                        .fill(color)
                        .text(text);
        if (mono) {
            element.with("font-family", MONO);
        }
        return bold ? element.with("font-weight", "bold") : element;
    }

    /** A text around a place. */
    SvgElement centred(String text, double x, double y, String color) {
        return draw(text, x, y + middle(), color).with("text-anchor", "middle");
    }

    /** A text that ends at a place. */
    SvgElement ending(String text, double x, double y, String color) {
        return draw(text, x, y + middle(), color).with("text-anchor", "end");
    }

    /** A text that starts at a place. */
    SvgElement starting(String text, double x, double y, String color) {
        return draw(text, x, y + middle(), color);
    }

    /** A text that reads upwards, around a place. */
    SvgElement upwards(String text, double x, double y, String color) {
        return centred(text, x, y, color)
                .with("transform", SvgElement.rotation(-90, x, y));
    }
}
