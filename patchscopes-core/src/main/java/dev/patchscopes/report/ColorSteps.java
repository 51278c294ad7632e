package dev.patchscopes.report;

/**
 * The steps in which a page shows the colours of a scale. They are fine enough that neighbours
 * cannot be told apart, and few enough that a style names them all, for a light and a dark ground.
 */
final class ColorSteps {

    /** The last one; the first is 0. */
    static final int LAST = 32;

    /** Where there is no number, or none that its scale can show. */
    static final int NONE = -1;

    private ColorSteps() {}

    /** The step of a number on its ramp, 0 to {@link #LAST}, or {@link #NONE}. */
    static int of(Scale scale, double number) {
        double share = Double.isNaN(number) ? Double.NaN : scale.share(number);
        return Double.isNaN(share) ? NONE : at(scale.measure(), share);
    }

    /** The step at a place of a scale. */
    static int at(Measure measure, double share) {
        int step = (int) Math.round(share * LAST);
        return measure.colors() == ColorScale.REVERSED ? LAST - step : step;
    }

    /** The letter of the classes of a measure's ramp: a reversed scale has the same colours. */
    static char ramp(Measure measure) {
        return measure.colors() == ColorScale.DIVERGING ? 'd' : 'q';
    }

    /** A style class, such as {@code q7}; {@code no} for no number. */
    static String style(Measure measure, int step) {
        return step == NONE ? "no" : "" + ramp(measure) + step;
    }

    /** Colours of both ramps, each as a class. */
    static String css() {
        StringBuilder css = new StringBuilder();
        for (int step = 0; step <= LAST; step++) {
            css.append(rule('q', ColorScale.SEQUENTIAL, step));
            css.append(rule('d', ColorScale.DIVERGING, step));
        }
        return css.toString();
    }

    private static String rule(char ramp, ColorScale scale, int step) {
        double share = step / (double) LAST;
        Rgb light = Palette.of(Theme.LIGHT).color(scale, share);
        Rgb dark = Palette.of(Theme.DARK).color(scale, share);
        return ".patchscopes .%s%s{background:%s;color:%s}\n"
                .formatted(
                        ramp,
                        step,
                        both(light, dark),
                        both(Palette.inkOn(light), Palette.inkOn(dark)));
    }

    /** A colour of each theme, in the way page.css chooses among them. */
    static String both(Rgb light, Rgb dark) {
        return "var(--ps-l,%s) var(--ps-d,%s)".formatted(light.css(), dark.css());
    }
}
