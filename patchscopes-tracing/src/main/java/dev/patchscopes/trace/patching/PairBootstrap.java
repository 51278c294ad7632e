package dev.patchscopes.trace.patching;

import dev.patchscopes.measure.Estimate;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Intervals of normalised values, by drawing pairs with replacement. */
final class PairBootstrap {
    private static final int DRAWS = 2000;
    private static final double TAIL = 0.025;

    private PairBootstrap() {}

    /**
     * The normalised mean and percentiles of its draws.
     *
     * @param values the metric of a cell, [pair]
     */
    static Estimate normalised(List<PairReading> pairs, double[] values, long seed) {
        Random random = new Random(seed);
        double[] draws = new double[DRAWS];
        int count = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            double clean = 0;
            double corrupted = 0;
            double metric = 0;
            for (int i = 0; i < values.length; i++) {
                int pair = random.nextInt(values.length);
                clean += pairs.get(pair).cleanMetric() / values.length;
                corrupted += pairs.get(pair).corruptedMetric() / values.length;
                metric += values[pair] / values.length;
            }
            BaseMetrics base = new BaseMetrics(clean, corrupted);
            if (base.isNormalised()) { // a draw of pairs that the corruption leaves alone has none
                draws[count++] = base.normalised(metric);
            }
        }
        double[] sorted = Arrays.copyOf(draws, count);
        Arrays.sort(sorted);
        double mean =
                BaseMetrics.of(pairs).normalised(Arrays.stream(values).average().orElseThrow());
        return new Estimate(
                mean,
                sorted[(int) (TAIL * (count - 1))],
                sorted[(int) Math.ceil((1 - TAIL) * (count - 1))],
                values.length);
    }
}
