package dev.patchscopes.measure;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.internal.Fixed;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A mean and how far it can be trusted: a 95% interval, by which method says what gives it.
 *
 * @param mean the mean
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param count number of values it is a mean of
 */
public record Estimate(double mean, double low, double high, long count) {

    private static final double Z = 1.959963984540054; // 97.5 % of the standard normal

    /**
     * Takes the mean of independent values.
     *
     * @param values numbers
     * @return the mean, with the interval of the normal approximation: 1.96 standard errors to
     *     either side, n - 1 in the denominator of the variance
     */
    public static Estimate of(List<Double> values) {
        return of(values, IntStream.range(0, values.size()).boxed().toList());
    }

    /**
     * Takes the mean of values that come in clusters, such as several prompts about a subject,
     * which go together.
     *
     * @param values numbers
     * @param clusters the cluster of each; equal ones go together
     * @return the mean over all values, with the interval of the normal approximation, the variance
     *     being that of the clusters' sums of deviations: that of single values if each is a
     *     cluster of its own. With fewer than two clusters, which show no spread, the interval is
     *     not a number; nor is the mean of no values
     * @throws IllegalArgumentException if there are not as many clusters as values
     */
    public static Estimate of(List<Double> values, List<?> clusters) {
        checkArgument(
                values.size() == clusters.size(),
                "%s values and %s clusters: give one for each",
                values.size(),
                clusters.size());
        double mean = values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
        Map<Object, Double> sums = new HashMap<>();
        for (int i = 0; i < values.size(); i++) {
            sums.merge(clusters.get(i), values.get(i) - mean, Double::sum);
        }
        double squares = sums.values().stream().mapToDouble(s -> s * s).sum();
        double count = sums.size();
        double radius =
                count < 2
                        ? Double.NaN
                        : Z * Math.sqrt(squares * count / (count - 1)) / values.size();
        return new Estimate(mean, mean - radius, mean + radius, values.size());
    }

    /** {@return for example {@code 0.613 [0.580, 0.645]}} */
    @Override
    public String toString() {
        return "%s [%s, %s]"
                .formatted(Fixed.text(mean, 3), Fixed.text(low, 3), Fixed.text(high, 3));
    }
}
