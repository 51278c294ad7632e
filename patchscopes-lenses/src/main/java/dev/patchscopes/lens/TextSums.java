package dev.patchscopes.lens;

import dev.patchscopes.measure.Estimate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Sums over the states of each text, from which means and bootstrap intervals come.
 *
 * <p>Whole texts are drawn again, not states, since states of one text are alike; and the same
 * texts for all lenses, layers and metrics.
 */
final class TextSums {
    private final int series;
    private final List<double[]> sums = new ArrayList<>(); // by text, [series]
    private final List<int[]> counts = new ArrayList<>(); // by text, [series]

    TextSums(int series) {
        this.series = series;
    }

    /** Sums of one text. */
    final class Text {
        private final double[] sum = new double[series];
        private final int[] count = new int[series];

        void add(int which, double value) {
            sum[which] += value;
            count[which]++;
        }

        void done() {
            sums.add(sum);
            counts.add(count);
        }
    }

    Text text() {
        return new Text();
    }

    /**
     * Means with percentile intervals.
     *
     * @param resamples how often texts are drawn again
     * @param confidence such as 0.95
     */
    Estimate[] estimates(int resamples, double confidence, long seed) {
        double[][] means = new double[series][resamples];
        SplittableRandom random = new SplittableRandom(seed);
        int texts = sums.size();
        double[] sum = new double[series];
        double[] count = new double[series];
        for (int b = 0; b < resamples; b++) {
            Arrays.fill(sum, 0);
            Arrays.fill(count, 0);
            for (int i = 0; i < texts; i++) {
                int drawn = random.nextInt(texts);
                add(drawn, sum, count);
            }
            for (int s = 0; s < series; s++) {
                means[s][b] = sum[s] / count[s]; // not a number where no drawn text counts
            }
        }
        Arrays.fill(sum, 0);
        Arrays.fill(count, 0);
        for (int text = 0; text < texts; text++) {
            add(text, sum, count);
        }
        Estimate[] out = new Estimate[series];
        for (int s = 0; s < series; s++) {
            double[] sorted =
                    Arrays.stream(means[s]).filter(m -> !Double.isNaN(m)).sorted().toArray();
            double mean = sum[s] / count[s];
            out[s] =
                    new Estimate(
                            mean,
                            quantile(sorted, (1 - confidence) / 2, mean),
                            quantile(sorted, (1 + confidence) / 2, mean),
                            (long) count[s]);
        }
        return out;
    }

    private void add(int text, double[] sum, double[] count) {
        double[] own = sums.get(text);
        int[] ownCount = counts.get(text);
        for (int s = 0; s < series; s++) {
            sum[s] += own[s];
            count[s] += ownCount[s];
        }
    }

    /** Interpolated between neighbours. */
    private static double quantile(double[] sorted, double q, double otherwise) {
        if (sorted.length == 0) {
            return otherwise;
        }
        double at = q * (sorted.length - 1);
        int below = (int) Math.floor(at);
        int above = Math.min(sorted.length - 1, below + 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
