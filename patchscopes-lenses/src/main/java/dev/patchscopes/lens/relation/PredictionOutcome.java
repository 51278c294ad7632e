package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.TokenProbability;

/**
 * What a method predicted for one subject of a trial's test half.
 *
 * @param trial index of the trial
 * @param method the method
 * @param layer layer it read the subject at; L for the model itself
 * @param beta its factor; 1 for methods without one
 * @param subject the subject
 * @param object the right object
 * @param top most probable tokens
 * @param prefixPlace place of the first of them that is right by {@link AnswerRule#PREFIX}, from 1;
 *     0 if none is
 * @param firstTokenPlace the same by {@link AnswerRule#FIRST_TOKEN}
 * @param logProbability log-probability of the object's first token, in nats
 */
public record PredictionOutcome(
        int trial,
        FaithfulnessMethod method,
        int layer,
        double beta,
        String subject,
        String object,
        ImmutableList<TokenProbability> top,
        int prefixPlace,
        int firstTokenPlace,
        double logProbability) {

    /**
     * Says whether one of the most probable tokens is right.
     *
     * @param rule when a token is right
     * @param k how many are looked at, 1..3
     * @return whether one is
     */
    public boolean isRight(AnswerRule rule, int k) {
        int place = rule == AnswerRule.PREFIX ? prefixPlace : firstTokenPlace;
        return place >= 1 && place <= k;
    }

    /** {@return subject, method and prediction} */
    @Override
    public String toString() {
        return "%s (%s) by %s: %s".formatted(subject, object, method, top);
    }
}
