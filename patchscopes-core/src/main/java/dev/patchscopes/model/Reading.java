package dev.patchscopes.model;

import com.google.common.primitives.ImmutableIntArray;

/**
 * What is read from the next-token distribution of each cell.
 *
 * @param topTokens how many of the most probable tokens
 * @param tokens tokens whose probability is wanted
 * @param distribution whether the whole distribution is wanted; d_vocab numbers a cell
 */
public record Reading(int topTokens, ImmutableIntArray tokens, boolean distribution) {

    /**
     * The most probable tokens.
     *
     * @param k how many
     * @return the reading
     */
    public static Reading top(int k) {
        return new Reading(k, ImmutableIntArray.of(), false);
    }

    /**
     * The most probable token, and the probabilities of some.
     *
     * @param tokens token ids
     * @return the reading
     */
    public static Reading probabilitiesOf(int... tokens) {
        return new Reading(1, ImmutableIntArray.copyOf(tokens), false);
    }

    /** {@return the same and the whole distribution} */
    public Reading withDistribution() {
        return new Reading(topTokens, tokens, true);
    }
}
