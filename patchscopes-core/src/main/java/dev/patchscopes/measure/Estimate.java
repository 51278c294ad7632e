package dev.patchscopes.measure;

import java.util.Locale;

/**
 * A mean and how far it can be trusted.
 *
 * @param mean the mean over all states
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param count number of states it is a mean of
 */
public record Estimate(double mean, double low, double high, long count) {

    /** {@return for example {@code 0.613 [0.580, 0.645]}} */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.3f [%.3f, %.3f]", mean, low, high);
    }
}
