package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How the next token is chosen.
 *
 * <p>{@link #greedy()} takes the most probable. Otherwise a token is drawn: logits are divided by
 * the temperature, all but the {@code topK} most probable are dropped, then all but the smallest
 * set of most probable ones whose probabilities reach {@code topP}. Draws depend on the seed and
 * the prompt's row alone.
 *
 * @param temperature 0 is greedy
 * @param topK tokens kept; 0 keeps all
 * @param topP probability kept, in (0, 1]; 1 keeps all
 * @param seed seed of the draws
 */
public record Sampling(double temperature, int topK, double topP, long seed) {

    /**
     * Checks the ranges.
     *
     * @param temperature 0 is greedy
     * @param topK tokens kept; 0 keeps all
     * @param topP probability kept, in (0, 1]; 1 keeps all
     * @param seed seed of the draws
     */
    public Sampling {
        checkArgument(
                temperature >= 0 && temperature < Double.POSITIVE_INFINITY,
                "temperature %s is not a number from 0 (greedy) up",
                temperature);
        checkArgument(topK >= 0, "topK %s is negative; 0 keeps all tokens", topK);
        checkArgument(topP > 0 && topP <= 1, "topP %s is not in (0, 1]; 1 keeps all", topP);
    }

    /** {@return the most probable token each time} */
    public static Sampling greedy() {
        return new Sampling(0, 0, 1, 0);
    }

    /**
     * Draws from all tokens.
     *
     * @param temperature divisor of the logits
     * @param seed seed of the draws
     * @return the sampling
     */
    public static Sampling temperature(double temperature, long seed) {
        return new Sampling(temperature, 0, 1, seed);
    }

    /**
     * Keeps only the most probable tokens.
     *
     * @param k how many
     * @return the sampling
     */
    public Sampling withTopK(int k) {
        return new Sampling(temperature, k, topP, seed);
    }

    /**
     * Keeps only the most probable tokens that together reach a probability.
     *
     * @param p probability
     * @return the sampling
     */
    public Sampling withTopP(double p) {
        return new Sampling(temperature, topK, p, seed);
    }
}
