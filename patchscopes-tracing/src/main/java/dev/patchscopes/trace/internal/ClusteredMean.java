package dev.patchscopes.trace.internal;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.measure.Estimate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Means of values that come in clusters, such as several prompts about a subject, which go
 * together.
 */
public final class ClusteredMean {
    private static final double Z = 1.959963984540054; // 97.5 % of the standard normal

    private ClusteredMean() {}

    /**
     * Takes the mean over all values.
     *
     * @param values numbers
     * @param clusters the cluster of each; equal ones go together
     * @return the mean with its 95% interval by the normal approximation, the variance being that
     *     of the clusters' sums of deviations: that of single values if each is a cluster of its
     *     own. With fewer than two clusters, which show no spread, the interval is not a number;
     *     nor is the mean of no values
     */
    public static Estimate of(List<Double> values, List<?> clusters) {
        checkArgument(
                values.size() == clusters.size(),
                "%s values and %s clusters",
                values.size(),
                clusters.size());
        double mean = values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
        Map<Object, Double> sums = new HashMap<>();
        for (int i = 0; i < values.size(); i++) {
            sums.merge(clusters.get(i), values.get(i) - mean, Double::sum);
        }
        double squares = sums.values().stream().mapToDouble(s -> s * s).sum();
        double count = sums.size(); // one cluster: 0 / 0
        double radius = Z * Math.sqrt(squares * count / (count - 1)) / values.size();
        if (count < 2) {
            radius = Double.NaN;
        }
        return new Estimate(mean, mean - radius, mean + radius, values.size());
    }
}
