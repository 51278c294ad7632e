package dev.patchscopes.report;

import java.util.Locale;

/** How numbers are shown to people, in every form alike. */
final class Numbers {

    private Numbers() {}

    /**
     * Four digits that count, at most three of them decimals; two and a power of ten from a
     * million, and below .0005; smaller whole numbers whole; "" for none.
     */
    static String show(double value) {
        if (Double.isNaN(value)) {
            return "";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "∞" : "-∞";
        }
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e6) {
            return Long.toString((long) value);
        }
        if (size >= 1e6 || size < 5e-4) {
            return String.format(Locale.ROOT, "%.1e", value);
        }
        if (size >= 1000) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return String.format(
                Locale.ROOT, size >= 100 ? "%.1f" : size >= 10 ? "%.2f" : "%.3f", value);
    }
}
