package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.OutOfRangeException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How well one predictor did at one layer and N.
 *
 * @param predictor its name
 * @param layer 0..L; empty for a baseline that reads no state
 * @param truth what the predictions were held against
 * @param ahead N: 0 for the next token
 * @param examples how many predictions
 * @param texts how many texts their positions are of
 * @param hits for k = 1, 2, ... how many had the true token among their k most probable
 * @param surprisalOfPrediction mean of -log p, in nats, of the most probable token under the
 *     model's own distribution of the full text and the tokens in between
 * @param surprisalError standard error of that mean, over texts: positions of one text go together
 *     and are not taken for independent. Not a number for a single text
 */
public record FutureScore(
        String predictor,
        OptionalInt layer,
        FutureTruth truth,
        int ahead,
        int examples,
        int texts,
        ImmutableIntArray hits,
        double surprisalOfPrediction,
        double surprisalError) {

    /**
     * Checks the counts.
     *
     * @param predictor its name
     * @param layer 0..L; empty for a baseline that reads no state
     * @param truth what the predictions were held against
     * @param ahead N
     * @param examples how many predictions
     * @param texts how many texts they are of
     * @param hits for each k how many had the true token
     * @param surprisalOfPrediction mean surprisal, in nats
     * @param surprisalError its standard error
     */
    public FutureScore {
        checkArgument(examples > 0, "%s examples are none to score", examples);
        checkArgument(
                texts > 0 && texts <= examples, "%s examples are not of %s texts", examples, texts);
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

    /**
     * Scores surprisals beside hits.
     *
     * @param texts the text of each example, any number for each
     */
    static FutureScore of(
            String predictor,
            OptionalInt layer,
            FutureTruth truth,
            int ahead,
            ImmutableIntArray hits,
            double[] surprisals,
            ImmutableIntArray texts) {
        double mean = Arrays.stream(surprisals).average().orElse(Double.NaN);
        Map<Integer, Double> deviations = new HashMap<>(); // from the mean, summed by text
        for (int i = 0; i < surprisals.length; i++) {
            deviations.merge(texts.get(i), surprisals[i] - mean, Double::sum);
        }
        return new FutureScore(
                predictor,
                layer,
                truth,
                ahead,
                surprisals.length,
                deviations.size(),
                hits,
                mean,
                error(deviations.values(), surprisals.length));
    }

    /** Of a mean over examples drawn text by text: with one a text, that of independent draws. */
    private static double error(Collection<Double> deviations, int examples) {
        int texts = deviations.size();
        double squares = deviations.stream().mapToDouble(d -> d * d).sum();
        return texts == 1 ? Double.NaN : Math.sqrt(squares * texts / (texts - 1.0)) / examples;
    }

    /**
     * Precision@k: the share of predictions with the true token among their k most probable.
     *
     * @param k 1 or more
     * @return 0 to 1
     * @throws OutOfRangeException if so many tokens were not looked at
     */
    public double precision(int k) {
        return rate(k).share();
    }

    /**
     * {@link #precision} with its 95% interval, in which each text counts once, however many of its
     * positions were taken.
     *
     * @param k 1 or more
     * @return hits, examples and texts
     * @throws OutOfRangeException if so many tokens were not looked at
     */
    public Rate rate(int k) {
        return new Rate(hits(k), examples, texts);
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
        Rate rate = rate(1);
        return String.format(
                Locale.ROOT,
                "%s%s, N = %d: %.1f%% of %d (%.1f..%.1f)",
                predictor,
                layer.isPresent() ? ", layer " + layer.getAsInt() : "",
                ahead,
                100 * rate.share(),
                examples,
                100 * rate.low(),
                100 * rate.high());
    }
}
