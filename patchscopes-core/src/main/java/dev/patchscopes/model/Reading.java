package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;

/**
 * What is read of the next token of each cell.
 *
 * @param topTokens how many of the most probable tokens; 0 for none
 * @param tokens tokens whose probability or logit is wanted
 * @param columns whether logits of those tokens are all that is wanted: then only their columns of
 *     the unembedding are computed
 * @param distribution whether the whole distribution is wanted; d_vocab numbers a cell
 */
public record Reading(
        int topTokens, ImmutableIntArray tokens, boolean columns, boolean distribution) {

    /**
     * Checks that something is read.
     *
     * @param topTokens how many of the most probable tokens
     * @param tokens tokens whose probability or logit is wanted
     * @param columns whether only logits of those tokens are wanted
     * @param distribution whether the whole distribution is wanted
     */
    public Reading {
        checkArgument(topTokens >= 0, "%s top tokens are fewer than none", topTokens);
        checkArgument(
                topTokens > 0 || !tokens.isEmpty() || distribution,
                "nothing is read: ask for at least one top token, token or the distribution");
        checkArgument(
                !columns || (topTokens == 0 && !distribution),
                "logits of some tokens alone exclude top tokens and the distribution");
    }

    /**
     * The most probable tokens.
     *
     * @param k how many
     * @return the reading
     */
    public static Reading top(int k) {
        return new Reading(k, ImmutableIntArray.of(), false, false);
    }

    /**
     * The most probable token, and the probabilities of some.
     *
     * @param tokens token ids
     * @return the reading
     */
    public static Reading probabilitiesOf(int... tokens) {
        return new Reading(1, ImmutableIntArray.copyOf(tokens), false, false);
    }

    /**
     * The logits of some tokens and nothing else, as logit differences need them. No softmax over
     * the vocabulary is taken, so this is the cheapest reading.
     *
     * @param tokens token ids
     * @return the reading
     */
    public static Reading logitsOf(int... tokens) {
        return new Reading(0, ImmutableIntArray.copyOf(tokens), true, false);
    }

    /** {@return the same and the whole distribution} */
    public Reading withDistribution() {
        return new Reading(topTokens, tokens, columns, true);
    }
}
