package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.TokenProbability;

/**
 * What an attribute lens reads at one layer and position.
 *
 * @param layer the layer, 0..L
 * @param position absolute index of the token
 * @param top most probable tokens
 * @param prefixPlace place of the first of them that begins an expected answer by {@link
 *     AnswerRule#PREFIX}, from 1; 0 if none does
 * @param firstTokenPlace the same by {@link AnswerRule#FIRST_TOKEN}
 */
public record AttributeCell(
        int layer,
        int position,
        ImmutableList<TokenProbability> top,
        int prefixPlace,
        int firstTokenPlace) {

    /**
     * Says whether an expected answer is among the most probable tokens.
     *
     * @param rule when a token is right
     * @param k how many are looked at, at most as many as were kept
     * @return whether one is
     */
    public boolean isHit(AnswerRule rule, int k) {
        int place = rule == AnswerRule.PREFIX ? prefixPlace : firstTokenPlace;
        return place >= 1 && place <= k;
    }

    /** {@return place and most probable token} */
    @Override
    public String toString() {
        return "layer %d, position %d: %s".formatted(layer, position, top.get(0));
    }
}
