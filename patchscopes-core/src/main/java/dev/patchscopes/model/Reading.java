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
 * @param residual whether the last layer's residual is all that is wanted, [d_model] a cell: then
 *     no vocabulary product is computed
 */
public record Reading(
        int topTokens,
        ImmutableIntArray tokens,
        boolean columns,
        boolean distribution,
        boolean residual) {

    /**
     * Checks that something is read.
     *
     * @param topTokens how many of the most probable tokens
     * @param tokens tokens whose probability or logit is wanted
     * @param columns whether only logits of those tokens are wanted
     * @param distribution whether the whole distribution is wanted
     * @param residual whether only the last layer's residual is wanted
     */
    public Reading {
        checkArgument(topTokens >= 0, "%s top tokens are fewer than none", topTokens);
        checkArgument(
                topTokens > 0 || !tokens.isEmpty() || distribution || residual,
                "nothing is read: ask for at least one top token, token, the distribution or the residual");
        checkArgument(
                !residual || (topTokens == 0 && tokens.isEmpty() && !columns && !distribution),
                "the residual alone excludes top tokens, tokens and the distribution");
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
        return new Reading(k, ImmutableIntArray.of(), false, false, false);
    }

    /**
     * The most probable token, and the probabilities of some.
     *
     * @param tokens token ids
     * @return the reading
     */
    public static Reading probabilitiesOf(int... tokens) {
        return new Reading(1, ImmutableIntArray.copyOf(tokens), false, false, false);
    }

    /**
     * The logits of some tokens and nothing else, as logit differences need them. No softmax over
     * the vocabulary is taken, so this is the cheapest reading.
     *
     * @param tokens token ids
     * @return the reading
     */
    public static Reading logitsOf(int... tokens) {
        return new Reading(0, ImmutableIntArray.copyOf(tokens), true, false, false);
    }

    /**
     * The last layer's residual at the token that is read, and nothing else: what the final norm
     * and the unembedding would make the distribution of. {@link HookedModel#readout()} reads many
     * of them at once.
     *
     * @return the reading
     */
    public static Reading lastResidual() {
        return new Reading(0, ImmutableIntArray.of(), false, false, true);
    }

    /**
     * The same and the whole distribution.
     *
     * @return the reading
     * @throws IllegalArgumentException if only logits or the residual are read
     */
    public Reading withDistribution() {
        return new Reading(topTokens, tokens, columns, true, false);
    }
}
