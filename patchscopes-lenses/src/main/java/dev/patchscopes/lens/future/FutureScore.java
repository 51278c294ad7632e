package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.Range;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.OutOfRangeException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * How well one predictor did at one layer and N.
 *
 * @param predictor its name
 * @param layer 0..L; empty for a baseline that reads no state
 * @param truth what the predictions were held against
 * @param ahead N: 0 for the next token
 * @param examples how many predictions
 * @param hits for k = 1, 2, ... how many had the true token among their k most probable
 * @param surprisalOfPrediction mean of -log p, in nats, of the most probable token under the
 *     model's own distribution of the full text and the tokens in between
 * @param surprisalError standard error of that mean; not a number for a single example
 */
public record FutureScore(
        String predictor,
        OptionalInt layer,
        FutureTruth truth,
        int ahead,
        int examples,
        ImmutableIntArray hits,
        double surprisalOfPrediction,
        double surprisalError) {
    private static final double Z = 1.959963984540054; // 97.5 % of a normal distribution

    /**
     * Checks the counts.
     *
     * @param predictor its name
     * @param layer 0..L; empty for a baseline that reads no state
     * @param truth what the predictions were held against
     * @param ahead N
     * @param examples how many predictions
     * @param hits for each k how many had the true token
     * @param surprisalOfPrediction mean surprisal, in nats
     * @param surprisalError its standard error
     */
    public FutureScore {
        checkArgument(examples > 0, "%s examples are none to score", examples);
        checkArgument(
                hits.stream().allMatch(h -> h >= 0 && h <= examples),
                "hits %s among %s examples",
                hits,
                examples);
    }

    /**
     * Counts hits.
     *
     * @param ranked token ids of each prediction, most probable first
     * @param truth the true token of each
     * @param most the largest k
     * @return for k = 1..most how many hold the true token among the first k
     */
    static ImmutableIntArray hits(List<ImmutableIntArray> ranked, int[] truth, int most) {
        int[] hits = new int[most];
        for (int row = 0; row < truth.length; row++) {
            int rank = ranked.get(row).indexOf(truth[row]);
            for (int k = Math.max(rank, 0); rank >= 0 && k < most; k++) {
                hits[k]++;
            }
        }
        return ImmutableIntArray.copyOf(hits);
    }

    static FutureScore of(
            String predictor,
            OptionalInt layer,
            FutureTruth truth,
            int ahead,
            ImmutableIntArray hits,
            double[] surprisals) {
        double mean = IntStream.range(0, surprisals.length).mapToDouble(i -> surprisals[i]).sum();
        mean /= surprisals.length;
        double squares = 0;
        for (double s : surprisals) {
            squares += (s - mean) * (s - mean);
        }
        int n = surprisals.length;
        return new FutureScore(
                predictor,
                layer,
                truth,
                ahead,
                n,
                hits,
                mean,
                n == 1 ? Double.NaN : Math.sqrt(squares / (n - 1) / n));
    }

    /**
     * Precision@k: the share of predictions with the true token among their k most probable.
     *
     * @param k 1 or more
     * @return 0 to 1
     * @throws OutOfRangeException if so many tokens were not looked at
     */
    public double precision(int k) {
        return (double) hits(k) / examples;
    }

    /**
     * Wilson's 95 % interval of {@link #precision}.
     *
     * @param k 1 or more
     * @return the interval
     * @throws OutOfRangeException if so many tokens were not looked at
     */
    public Range<Double> interval(int k) {
        double p = precision(k);
        double centre = (hits(k) + Z * Z / 2) / (examples + Z * Z);
        double half = Z / (examples + Z * Z) * Math.sqrt(examples * p * (1 - p) + Z * Z / 4);
        return Range.closed(
                hits(k) == 0 ? 0.0 : centre - half, hits(k) == examples ? 1.0 : centre + half);
    }

    private int hits(int k) {
        if (k < 1 || k > hits.length()) {
            throw new OutOfRangeException("k = %d is not in 1..%d".formatted(k, hits.length()));
        }
        return hits.get(k - 1);
    }

    /** {@return for example {@code linear, layer 5, N = 1: 41.5% of 200 (34.9..48.4)}} */
    @Override
    public String toString() {
        Range<Double> interval = interval(1);
        return String.format(
                Locale.ROOT,
                "%s%s, N = %d: %.1f%% of %d (%.1f..%.1f)",
                predictor,
                layer.isPresent() ? ", layer " + layer.getAsInt() : "",
                ahead,
                100 * precision(1),
                examples,
                100 * interval.lowerEndpoint(),
                100 * interval.upperEndpoint());
    }
}
