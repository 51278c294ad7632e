package dev.patchscopes.measure;

import java.util.Locale;

/**
 * A mean and how far it can be trusted: a 95% interval, by which method says what gives it.
 *
 * @param mean the mean
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param count number of values it is a mean of
 */
public record Estimate(double mean, double low, double high, long count) {

    /** {@return for example {@code 0.613 [0.580, 0.645]}} */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.3f [%.3f, %.3f]", mean, low, high);
    }
}
