package dev.patchscopes.report;

import java.util.Locale;

/** A colour of the sRGB space; components 0..255. */
record Rgb(int red, int green, int blue) {

    static Rgb hex(int rgb) {
        return new Rgb(rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
    }

    String css() {
        return String.format(Locale.ROOT, "#%02x%02x%02x", red, green, blue);
    }

    /** Relative luminance, 0 to 1 (WCAG 2.1). */
    double luminance() {
        return .2126 * linear(red) + .7152 * linear(green) + .0722 * linear(blue);
    }

    /** Contrast ratio, 1 to 21 (WCAG 2.1). */
    double contrast(Rgb other) {
        double mine = luminance() + .05;
        double others = other.luminance() + .05;
        return Math.max(mine, others) / Math.min(mine, others);
    }

    /** Between two colours in the OKLab space (Ottosson, 2020), where equal steps look equal. */
    Rgb towards(Rgb other, double share) {
        double[] from = lab();
        double[] to = other.lab();
        double[] lab = new double[3];
        for (int i = 0; i < 3; i++) {
            lab[i] = from[i] + share * (to[i] - from[i]);
        }
        return ofLab(lab);
    }

    /** How different two colours look: their distance in the OKLab space, 0 to about 1. */
    double distance(Rgb other) {
        double[] mine = lab();
        double[] others = other.lab();
        return Math.hypot(
                mine[0] - others[0], Math.hypot(mine[1] - others[1], mine[2] - others[2]));
    }

    /** Lightness L, and a and b, of the OKLab space. */
    double[] lab() {
        double r = linear(red);
        double g = linear(green);
        double b = linear(blue);
        double l = Math.cbrt(.4122214708 * r + .5363325363 * g + .0514459929 * b);
        double m = Math.cbrt(.2119034982 * r + .6806995451 * g + .1073969566 * b);
        double s = Math.cbrt(.0883024619 * r + .2817188376 * g + .6299787005 * b);
        return new double[] {
            .2104542553 * l + .7936177850 * m - .0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + .4505937099 * s,
            .0259040371 * l + .7827717662 * m - .8086757660 * s
        };
    }

    private static Rgb ofLab(double[] lab) {
        double l = cubed(lab[0] + .3963377774 * lab[1] + .2158037573 * lab[2]);
        double m = cubed(lab[0] - .1055613458 * lab[1] - .0638541728 * lab[2]);
        double s = cubed(lab[0] - .0894841775 * lab[1] - 1.2914855480 * lab[2]);
        return new Rgb(
                encoded(4.0767416621 * l - 3.3077115913 * m + .2309699292 * s),
                encoded(-1.2684380046 * l + 2.6097574011 * m - .3413193965 * s),
                encoded(-.0041960863 * l - .7034186147 * m + 1.7076147010 * s));
    }

    private static double cubed(double x) {
        return x * x * x;
    }

    private static double linear(int component) {
        double c = component / 255.0;
        return c <= .04045 ? c / 12.92 : Math.pow((c + .055) / 1.055, 2.4);
    }

    private static int encoded(double linear) {
        double c = linear <= .0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - .055;
        return (int) Math.round(255 * Math.min(1, Math.max(0, c)));
    }
}
