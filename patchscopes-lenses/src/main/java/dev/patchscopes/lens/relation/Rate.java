package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Locale;

/**
 * A share of trials that came out right, with a 95 % interval.
 *
 * <p>The interval is Wilson's, of this share among {@code subjects} independent draws: a subject
 * that several trials asked about counts once, as its outcomes go together. It is thus wider than
 * one of all outcomes, and valid if they are copies of one another.
 *
 * @param hits outcomes that were right
 * @param outcomes all outcomes
 * @param subjects distinct subjects among them
 */
public record Rate(int hits, int outcomes, int subjects) {

    private static final double Z = 1.959963984540054; // 97.5 % of the standard normal

    /**
     * Checks the counts.
     *
     * @param hits outcomes that were right
     * @param outcomes all outcomes
     * @param subjects distinct subjects among them
     */
    public Rate {
        checkArgument(
                0 <= hits
                        && hits <= outcomes
                        && subjects <= outcomes
                        && (subjects > 0 || outcomes == 0),
                "%s hits of %s outcomes of %s subjects",
                hits,
                outcomes,
                subjects);
    }

    /** {@return the share, 0 to 1; not a number without outcomes} */
    public double share() {
        return (double) hits / outcomes;
    }

    /** {@return the lower end of the interval; 0 without outcomes} */
    public double low() {
        return subjects == 0 ? 0 : Math.max(0, centre() - radius());
    }

    /** {@return the upper end of the interval; 1 without outcomes} */
    public double high() {
        return subjects == 0 ? 1 : Math.min(1, centre() + radius());
    }

    private double centre() {
        return (share() + Z * Z / (2 * subjects)) / (1 + Z * Z / subjects);
    }

    private double radius() {
        double n = subjects;
        return Z / (1 + Z * Z / n) * Math.sqrt(share() * (1 - share()) / n + Z * Z / (4 * n * n));
    }

    /** {@return for example {@code 0.83 [0.69, 0.91] of 40}} */
    @Override
    public String toString() {
        return outcomes == 0
                ? "none"
                : String.format(
                        Locale.ROOT, "%.2f [%.2f, %.2f] of %d", share(), low(), high(), outcomes);
    }
}
