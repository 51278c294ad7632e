package dev.patchscopes.model;

/**
 * What a distribution gives a token.
 *
 * @param id token id
 * @param piece its text
 * @param logProbability natural logarithm of its probability
 * @param rank number of tokens with a larger logit: 0 for the most probable
 */
public record TokenScore(int id, String piece, double logProbability, int rank) {

    /** {@return its probability} */
    public double probability() {
        return Math.exp(logProbability);
    }

    /** {@return its surprisal -log p, in nats; against a token that follows, the cross-entropy} */
    public double surprisal() {
        return -logProbability;
    }

    /** {@return for example {@code " Paris" 0.993, rank 0}} */
    @Override
    public String toString() {
        return "\"%s\" %.3f, rank %d".formatted(piece, probability(), rank);
    }
}
