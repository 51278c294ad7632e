package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.measure.Estimate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Intervals of normalised values, by drawing clusters of pairs with replacement. */
final class PairBootstrap {
    private static final int DRAWS = 2000;
    private static final double TAIL = 0.025;

    private PairBootstrap() {}

    /**
     * The normalised mean and percentiles of its draws.
     *
     * @param values the metric of a cell, [pair]
     * @throws IllegalStateException if there are fewer than two clusters to draw, or a draw has no
     *     scale: the normalised value of such pairs is as far as can be, and leaving them out would
     *     make the interval too narrow
     */
    static Estimate normalised(List<PairReading> pairs, double[] values, long seed) {
        ImmutableList<ImmutableList<Integer>> clusters = PairClusters.of(pairs);
        if (clusters.size() < 2) {
            throw new IllegalStateException(
                    "an interval needs at least 2 clusters of pairs, which share neither prompts nor subjects, and the %d given are 1: use normalised(...), or add pairs"
                            .formatted(pairs.size()));
        }
        Draws drawn = draws(pairs, clusters, values, seed);
        if (drawn.none() > 0) {
            throw new IllegalStateException(
                    "%d of %d draws of pairs have as good as the same metric after clean and corrupted prompts, so the normalised value has no interval: use effect(...), leave out pairs that the corruption leaves alone, or add pairs"
                            .formatted(drawn.none(), DRAWS));
        }
        return drawn.estimate(pairs, values);
    }

    /** The same, if there is an interval. */
    static Optional<Estimate> ifThereIsOne(List<PairReading> pairs, double[] values, long seed) {
        ImmutableList<ImmutableList<Integer>> clusters = PairClusters.of(pairs);
        if (clusters.size() < 2 || !BaseMetrics.of(pairs).isNormalised()) {
            return Optional.empty();
        }
        return Optional.of(draws(pairs, clusters, values, seed))
                .filter(drawn -> drawn.none() == 0)
                .map(drawn -> drawn.estimate(pairs, values));
    }

    /** Normalised values of the draws, ascending, but for those that have no scale. */
    private record Draws(ImmutableDoubleArray values, int none) {

        Estimate estimate(List<PairReading> pairs, double[] cell) {
            double mean =
                    BaseMetrics.of(pairs).normalised(Arrays.stream(cell).average().orElseThrow());
            return new Estimate(
                    mean,
                    values.get((int) (TAIL * (DRAWS - 1))),
                    values.get((int) Math.ceil((1 - TAIL) * (DRAWS - 1))),
                    cell.length);
        }
    }

    private static Draws draws(
            List<PairReading> pairs,
            ImmutableList<ImmutableList<Integer>> clusters,
            double[] values,
            long seed) {
        Random random = new Random(seed);
        double[] draws = new double[DRAWS];
        int none = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            double clean = 0;
            double corrupted = 0;
            double metric = 0;
            int count = 0;
            for (int i = 0; i < clusters.size(); i++) {
                for (int pair : clusters.get(random.nextInt(clusters.size()))) {
                    clean += pairs.get(pair).cleanMetric();
                    corrupted += pairs.get(pair).corruptedMetric();
                    metric += values[pair];
                    count++;
                }
            }
            BaseMetrics base = new BaseMetrics(clean / count, corrupted / count);
            if (base.isNormalised()) {
                draws[draw] = base.normalised(metric / count);
            } else {
                none++;
            }
        }
        Arrays.sort(draws);
        return new Draws(ImmutableDoubleArray.copyOf(draws), none);
    }
}
