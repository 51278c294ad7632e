package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import java.util.Locale;
import java.util.Optional;

/**
 * What a state says when it is read as the model reads its last one. All logarithms are natural.
 *
 * @param top most probable tokens first
 * @param entropy Shannon entropy of the distribution, in nats
 * @param divergence KL(final || this), from the model's own distribution to this one, in nats; 0
 *     where they are equal
 * @param surprisalUnderFinal how little the model itself expects the most probable token of this
 *     distribution, -log p_final(top), in nats
 * @param finalPrediction what this distribution gives the model's own most probable token
 * @param next what it gives the token that follows in the prompt; empty for the last
 * @param tokens what it gives the tokens asked for, in their order
 */
public record StateReading(
        ImmutableList<TokenProbability> top,
        double entropy,
        double divergence,
        double surprisalUnderFinal,
        TokenScore finalPrediction,
        Optional<TokenScore> next,
        ImmutableList<TokenScore> tokens) {

    /** {@return the most probable token} */
    public TokenProbability prediction() {
        return top.get(0);
    }

    /** {@return the most probable tokens and the divergence} */
    @Override
    public String toString() {
        // rounding may leave a divergence of 0 a little below it
        double shown = Math.abs(divergence) < 5e-4 ? 0 : divergence;
        return "%s, KL %s nats".formatted(top, String.format(Locale.ROOT, "%.3f", shown));
    }
}
