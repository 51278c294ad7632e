package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * A probability for every token of the vocabulary, from logits; sums are in float64.
 *
 * <p>Immutable.
 */
public final class TokenDistribution {
    private final double[] logits; // [d_vocab]
    private final double logNormaliser;
    private final Optional<Tokenizer> tokenizer;

    private TokenDistribution(double[] logits, Optional<Tokenizer> tokenizer) {
        this.logits = logits;
        this.tokenizer = tokenizer;
        double max = Double.NEGATIVE_INFINITY;
        for (double l : logits) {
            max = Math.max(max, l);
        }
        double sum = 0;
        for (double l : logits) {
            sum += Math.exp(l - max);
        }
        this.logNormaliser = max + Math.log(sum);
        if (Double.isNaN(logNormaliser)) { // all comparisons with it would come out some way
            throw new ModelException(
                    "logits that are %s are no distribution: checkFinite() of the run names the first place where values are not finite"
                            .formatted(wrong(logits)));
        }
    }

    private static String wrong(double[] logits) {
        for (int id = 0; id < logits.length; id++) {
            if (Double.isNaN(logits[id]) || logits[id] == Double.POSITIVE_INFINITY) {
                return "%s at token %d".formatted(NonFinite.shown(logits[id]), id);
            }
        }
        return "all -infinity";
    }

    /**
     * Makes a distribution.
     *
     * @param logits one a token; copied
     * @param tokenizer names tokens; without one pieces are {@code #id}
     * @return the distribution
     * @throws ModelException if a logit is NaN or positive infinity, or all are negative infinity
     */
    public static TokenDistribution ofLogits(double[] logits, Optional<Tokenizer> tokenizer) {
        return new TokenDistribution(logits.clone(), tokenizer);
    }

    /** {@return number of tokens} */
    public int size() {
        return logits.length;
    }

    /**
     * Looks up a logit.
     *
     * @param id token id
     * @return its logit
     */
    public double logit(int id) {
        return logits[check(id)];
    }

    /** {@return all logits, a new array [d_vocab]} */
    public double[] logits() {
        return logits.clone();
    }

    /**
     * Computes a log-probability.
     *
     * @param id token id
     * @return natural logarithm of its probability, in nats
     */
    public double logProbability(int id) {
        return logits[check(id)] - logNormaliser;
    }

    /**
     * Computes a probability.
     *
     * @param id token id
     * @return its probability
     */
    public double probability(int id) {
        return Math.exp(logProbability(id));
    }

    /**
     * Counts the tokens that are more probable.
     *
     * @param id token id
     * @return 0 for the most probable token
     */
    public int rank(int id) {
        double own = logits[check(id)];
        int rank = 0;
        for (int other = 0; other < logits.length; other++) {
            if (logits[other] > own || (logits[other] == own && other < id)) {
                rank++;
            }
        }
        return rank;
    }

    /** {@return the most probable token's id; of equals the first} */
    public int argMax() {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
            if (logits[id] > logits[best]) {
                best = id;
            }
        }
        return best;
    }

    /** {@return Shannon entropy in nats} */
    public double entropy() {
        double sum = 0;
        for (double l : logits) {
            double log = l - logNormaliser;
            double p = Math.exp(log);
            if (p > 0) {
                sum -= p * log;
            }
        }
        return sum;
    }

    /**
     * Lists the most probable tokens.
     *
     * @param k how many
     * @return at most {@code k}, most probable first
     */
    public ImmutableList<TokenProbability> top(int k) {
        Comparator<Integer> byLogit = Comparator.comparingDouble(id -> logits[id]);
        Comparator<Integer> worstFirst = byLogit.thenComparing(Comparator.reverseOrder());
        PriorityQueue<Integer> best = new PriorityQueue<>(worstFirst);
        for (int id = 0; id < logits.length && k > 0; id++) {
            if (best.size() < k) {
                best.add(id);
            } else if (logits[id] > logits[best.peek()]) {
                best.poll();
                best.add(id);
            }
        }
        List<Integer> ids = new ArrayList<>(best);
        ids.sort(worstFirst.reversed());
        return ids.stream().map(this::token).collect(ImmutableList.toImmutableList());
    }

    /**
     * Names a token and its probability.
     *
     * @param id token id
     * @return id, text and probability
     */
    public TokenProbability token(int id) {
        String piece = tokenizer.map(t -> t.label(id)).orElse("#" + id);
        return new TokenProbability(id, piece, probability(id));
    }

    private int check(int id) {
        if (id < 0 || id >= logits.length) {
            throw new OutOfRangeException(
                    "token id %d is not in 0..%d".formatted(id, logits.length - 1));
        }
        return id;
    }

    /** {@return the five most probable tokens} */
    @Override
    public String toString() {
        return top(5).toString();
    }
}
