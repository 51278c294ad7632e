package dev.patchscopes.trace.internal;

import dev.patchscopes.measure.Estimate;
import java.util.List;

/**
 * Means with intervals of 1.96 standard errors, as the papers on tracing give them: 1.96 sd /
 * sqrt(n), with n - 1 in the standard deviation's denominator.
 */
public final class NormalInterval {
    private static final double Z = 1.96;

    private NormalInterval() {}

    /**
     * The mean of independent numbers.
     *
     * @param values the numbers
     * @return their mean; not a number if there is none, and with no interval if there is one
     */
    public static Estimate of(List<Double> values) {
        int n = values.size();
        double mean = values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
        double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
        double radius = Z * Math.sqrt(squares / (n - 1) / n);
        return new Estimate(mean, mean - radius, mean + radius, n);
    }
}
