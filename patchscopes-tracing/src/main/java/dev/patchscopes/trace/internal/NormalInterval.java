package dev.patchscopes.trace.internal;

import static com.google.common.base.Preconditions.checkArgument;

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
     * @return their mean; of a single one the interval is that number, which says nothing
     * @throws IllegalArgumentException if there is none
     */
    public static Estimate of(List<Double> values) {
        checkArgument(!values.isEmpty(), "there is no number to take the mean of");
        int n = values.size();
        double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
        double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
        double radius = Z * Math.sqrt(squares / Math.max(1, n - 1) / n);
        return new Estimate(mean, mean - radius, mean + radius, n);
    }
}
