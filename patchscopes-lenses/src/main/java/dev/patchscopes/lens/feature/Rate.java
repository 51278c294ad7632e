package dev.patchscopes.lens.feature;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Locale;

/**
 * How many of some samples were answered, with Wilson's 95 % interval of the share behind it, which
 * holds for few samples and for shares near 0 and 1 too. Several sentences about one subject are
 * not independent: their interval is wider than this one says.
 *
 * @param hits samples answered
 * @param samples samples counted
 */
public record Rate(int hits, int samples) {

    private static final double Z = 1.959963984540054; // 97.5 % of a normal distribution

    /**
     * Checks the counts.
     *
     * @param hits samples answered
     * @param samples samples counted
     * @throws IllegalArgumentException if hits are negative or more than samples
     */
    public Rate {
        checkArgument(hits >= 0 && hits <= samples, "%s hits among %s samples", hits, samples);
    }

    /** {@return hits a sample, 0 to 1; not a number if there is no sample} */
    public double share() {
        return (double) hits / samples;
    }

    /** {@return the interval's lower end; 0 if there is no sample} */
    public double low() {
        return samples == 0 || hits == 0 ? 0 : centre() - halfWidth();
    }

    /** {@return the interval's upper end; 1 if there is no sample} */
    public double high() {
        return samples == 0 || hits == samples ? 1 : centre() + halfWidth();
    }

    private double centre() {
        return (hits + Z * Z / 2) / (samples + Z * Z);
    }

    private double halfWidth() {
        double p = share();
        return Z / (samples + Z * Z) * Math.sqrt(samples * p * (1 - p) + Z * Z / 4);
    }

    /** {@return for example {@code 62.5% of 40 (47.0..75.8)}} */
    @Override
    public String toString() {
        return samples == 0
                ? "none of 0"
                : String.format(
                        Locale.ROOT,
                        "%.1f%% of %d (%.1f..%.1f)",
                        100 * share(),
                        samples,
                        100 * low(),
                        100 * high());
    }
}
