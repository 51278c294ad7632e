package dev.patchscopes.measure;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A share of outcomes that came out right, with a 95% interval.
 *
 * <p>The interval is Wilson's (Wilson 1927, "Probable inference, the law of succession, and
 * statistical inference"), of this share among {@code subjects} independent draws: a subject that
 * several outcomes are about, in several sentences, trials or examples, counts once, as its
 * outcomes go together. It is thus wider than one of all outcomes, and valid if they are copies of
 * one another.
 *
 * <pre>{@code
 * Rate rate = new Rate(33, 40, 40);
 * rate.share();    // 0.825
 * rate.low();      // 0.68
 * }</pre>
 *
 * @param hits outcomes that were right
 * @param outcomes all outcomes
 * @param subjects distinct subjects among them
 */
public record Rate(int hits, int outcomes, int subjects) {

    /** Names of the values of {@link #toCsv()}. */
    public static final String CSV_COLUMNS = "share,low,high,hits,outcomes,subjects";

    private static final double Z = 1.959963984540054; // 97.5 % of the standard normal

    /**
     * Checks the counts.
     *
     * @param hits outcomes that were right
     * @param outcomes all outcomes
     * @param subjects distinct subjects among them
     * @throws IllegalArgumentException if there are more hits than outcomes, more subjects than
     *     outcomes, or outcomes without a subject
     */
    public Rate {
        checkArgument(
                0 <= hits
                        && hits <= outcomes
                        && 0 <= subjects
                        && subjects <= outcomes
                        && (subjects > 0 || outcomes == 0),
                "%s hits of %s outcomes of %s subjects",
                hits,
                outcomes,
                subjects);
    }

    /**
     * Counts outcomes.
     *
     * @param outcomes all outcomes
     * @param isHit whether one was right
     * @param subject what one is about; outcomes of equal subjects go together
     * @param <T> what tells of an outcome
     * @return the rate
     */
    public static <T> Rate of(List<T> outcomes, Predicate<T> isHit, Function<T, ?> subject) {
        return new Rate(
                (int) outcomes.stream().filter(isHit).count(),
                outcomes.size(),
                outcomes.stream().map(subject).collect(ImmutableSet.toImmutableSet()).size());
    }

    /** {@return the share, 0 to 1; not a number without outcomes} */
    public double share() {
        return (double) hits / outcomes;
    }

    /** {@return the lower end of the interval; 0 without outcomes} */
    public double low() {
        // rounding may not put a share of 0 or 1 outside its interval
        return subjects == 0 ? 0 : Math.max(0, Math.min(share(), centre() - radius()));
    }

    /** {@return the upper end of the interval; 1 without outcomes} */
    public double high() {
        return subjects == 0 ? 1 : Math.min(1, Math.max(share(), centre() + radius()));
    }

    private double centre() {
        return (share() + Z * Z / (2.0 * subjects)) / (1 + Z * Z / subjects);
    }

    private double radius() {
        double n = subjects;
        return Z / (1 + Z * Z / n) * Math.sqrt(share() * (1 - share()) / n + Z * Z / (4 * n * n));
    }

    /** {@return the values that {@link #CSV_COLUMNS} names; without outcomes the share is empty} */
    public String toCsv() {
        return String.format(
                Locale.ROOT,
                "%s,%.6f,%.6f,%d,%d,%d",
                outcomes == 0 ? "" : String.format(Locale.ROOT, "%.6f", share()),
                low(),
                high(),
                hits,
                outcomes,
                subjects);
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
