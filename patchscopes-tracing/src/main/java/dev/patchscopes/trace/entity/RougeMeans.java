package dev.patchscopes.trace.entity;

import dev.patchscopes.measure.Estimate;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * Mean scores of entities, with 95 % intervals: 1.96 standard errors of the mean to either side,
 * cut at 0 and 1; of a single entity all of 0..1.
 *
 * @param precision mean {@link Rouge#precision()}
 * @param recall mean {@link Rouge#recall()}
 * @param f1 mean {@link Rouge#f1()}
 */
public record RougeMeans(Estimate precision, Estimate recall, Estimate f1) {

    private static final double Z = 1.959963984540054; // 97.5 % of the standard normal

    /**
     * Takes means.
     *
     * @param scores a score an entity, at least one
     * @return their means
     */
    static RougeMeans of(List<Rouge> scores) {
        return new RougeMeans(
                mean(scores, Rouge::precision),
                mean(scores, Rouge::recall),
                mean(scores, Rouge::f1));
    }

    private static Estimate mean(List<Rouge> scores, ToDoubleFunction<Rouge> value) {
        double[] values = scores.stream().mapToDouble(value).toArray();
        int n = values.length;
        double mean = DoubleStream.of(values).average().orElseThrow();
        if (n == 1) {
            return new Estimate(mean, 0, 1, 1);
        }
        double variance = DoubleStream.of(values).map(v -> (v - mean) * (v - mean)).sum() / (n - 1);
        double radius = Z * Math.sqrt(variance / n);
        return new Estimate(mean, Math.max(0, mean - radius), Math.min(1, mean + radius), n);
    }

    /** {@return the mean F1 with its interval} */
    @Override
    public String toString() {
        return f1.toString();
    }
}
