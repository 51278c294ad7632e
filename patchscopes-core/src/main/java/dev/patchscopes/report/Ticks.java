package dev.patchscopes.report;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Locale;

/**
 * Numbers to write along an axis.
 *
 * @param at the numbers, ascending
 * @param step between them; not a number if they are not evenly spaced
 */
record Ticks(ImmutableDoubleArray at, double step) {

    private static final double TOLERANCE = 1e-9;

    /**
     * Multiples of 1, 2 or 5 times a power of ten, one at least.
     *
     * @param most how many steps at most, unless so few have no multiple between the ends
     */
    static Ticks linear(double low, double high, int most) {
        Ticks ticks = every(step(low, high, most), low, high);
        // a fifth of the length, rounded up, is half of it at most
        return ticks.at.isEmpty() ? every(step(low, high, 5), low, high) : ticks;
    }

    /** One number, where there is nothing between. */
    static Ticks only(double value) {
        return new Ticks(ImmutableDoubleArray.of(value), Double.NaN);
    }

    /** Like {@link #linear}, whole numbers only. */
    static Ticks whole(double low, double high, int most) {
        return every(Math.max(1, step(low, high, most)), low, high);
    }

    /** The least of 1, 2 and 5 times a power of ten that takes no more steps than allowed. */
    static double step(double low, double high, int most) {
        double least = (high - low) / most;
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * power >= least * (1 - TOLERANCE)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private static Ticks every(double step, double low, double high) {
        ImmutableDoubleArray.Builder at = ImmutableDoubleArray.builder();
        double first = Math.ceil(low / step - TOLERANCE);
        double last = Math.floor(high / step + TOLERANCE);
        for (double i = first; i <= last && i < first + 1000; i++) {
            // the nearest to the decimal fraction, and no minus before 0
            at.add(step < 1 ? i / Math.rint(1 / step) + 0. : i * step + 0.);
        }
        return new Ticks(at.build(), step);
    }

    /** Powers of ten, with 2 and 5 times them if there are few. */
    static Ticks logarithmic(double low, double high) {
        int first = (int) Math.floor(Math.log10(low));
        int last = (int) Math.ceil(Math.log10(high));
        ImmutableDoubleArray.Builder at = ImmutableDoubleArray.builder();
        double[] factors = last - first <= 2 ? new double[] {1, 2, 5} : new double[] {1};
        int every = Math.max(1, (last - first) / 6);
        for (int power = first; power <= last; power += every) {
            for (double factor : factors) {
                double value = factor * Math.pow(10, power);
                if (value >= low * (1 - TOLERANCE) && value <= high * (1 + TOLERANCE)) {
                    at.add(value);
                }
            }
        }
        return new Ticks(at.build(), Double.NaN);
    }

    /** The number with as many decimals as its neighbours need. */
    String label(double value) {
        if (Double.isNaN(step)) {
            return Numbers.show(value);
        }
        double most = at.stream().map(Math::abs).max().orElse(0);
        int decimals = (int) -Math.floor(Math.log10(step) + TOLERANCE);
        if (most >= 1e6 || (decimals > 4 && most < 1e-2)) {
            if (value == 0) {
                return "0";
            }
            int digits = (int) Math.floor(Math.log10(most) + TOLERANCE) + decimals;
            return String.format(Locale.ROOT, "%." + Math.min(8, Math.max(0, digits)) + "e", value);
        }
        return String.format(Locale.ROOT, "%." + Math.min(12, Math.max(0, decimals)) + "f", value);
    }

    /** Width of its widest label. */
    double width(SvgFont font) {
        return at.stream().map(value -> font.width(label(value))).max().orElse(0);
    }
}
