package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.measure.Estimate;
import dev.patchscopes.measure.Rate;

/**
 * A number in a chart, and how far it can be trusted.
 *
 * @param value the number; not a number where there is none
 * @param low lower end of its interval; not a number if it has none
 * @param high upper end of its interval; not a number if it has none
 */
public record Measured(double value, double low, double high) {

    /**
     * Checks the interval.
     *
     * @param value the number
     * @param low lower end of its interval
     * @param high upper end of its interval
     * @throws IllegalArgumentException if the interval ends before it starts, or has one end only
     */
    public Measured {
        checkArgument(
                Double.isNaN(low) == Double.isNaN(high) && !(low > high),
                "the interval of %s goes from %s to %s",
                value,
                low,
                high);
    }

    /**
     * A number without an interval.
     *
     * @param value the number
     * @return the number
     */
    public static Measured of(double value) {
        return new Measured(value, Double.NaN, Double.NaN);
    }

    /**
     * A mean with its interval.
     *
     * @param estimate the mean
     * @return its mean and 95% interval
     */
    public static Measured of(Estimate estimate) {
        return new Measured(estimate.mean(), estimate.low(), estimate.high());
    }

    /**
     * A share with its interval.
     *
     * @param rate the share
     * @return its share and 95% interval; no number if it is one of no outcomes
     */
    public static Measured of(Rate rate) {
        return rate.outcomes() == 0
                ? of(Double.NaN)
                : new Measured(rate.share(), rate.low(), rate.high());
    }

    /** {@return whether it has an interval} */
    public boolean hasInterval() {
        return !Double.isNaN(low);
    }

    /** {@return whether there is a number} */
    public boolean isPresent() {
        return !Double.isNaN(value);
    }
}
