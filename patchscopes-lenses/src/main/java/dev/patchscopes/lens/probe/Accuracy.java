package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Locale;

/**
 * A share of test examples predicted right, with its 95% interval.
 *
 * @param value 0 to 1
 * @param low lower end of the interval
 * @param high upper end of the interval
 */
public record Accuracy(double value, double low, double high) {

    /** The 97.5th percentile of the standard normal distribution. */
    private static final double Z = 1.959963984540054;

    /**
     * Puts Wilson's score interval around a share (Wilson 1927, "Probable inference, the law of
     * succession, and statistical inference").
     *
     * @param value 0 to 1
     * @param trials independent trials; of examples that come in groups, the number of groups
     * @return the share with its interval
     * @throws IllegalArgumentException if the value is no share or there is no trial
     */
    public static Accuracy wilson(double value, int trials) {
        checkArgument(value >= 0 && value <= 1, "the share %s is not in 0..1", value);
        checkArgument(trials > 0, "an interval needs at least one trial, %s were given", trials);
        double z2 = Z * Z / trials;
        double centre = (value + z2 / 2) / (1 + z2);
        double half = Z / (1 + z2) * Math.sqrt(value * (1 - value) / trials + z2 / (4.0 * trials));
        // rounding may not put a share of 0 or 1 outside its interval
        return new Accuracy(
                value,
                Math.max(0, Math.min(value, centre - half)),
                Math.min(1, Math.max(value, centre + half)));
    }

    /** {@return for example {@code 0.83 [0.71, 0.90]}} */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f [%.2f, %.2f]", value, low, high);
    }
}
