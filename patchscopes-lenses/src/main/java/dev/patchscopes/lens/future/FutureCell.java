package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.TokenProbability;
import java.util.stream.Collectors;

/**
 * What a state says of the tokens to come.
 *
 * @param tokens for N = 0, 1, ... the token and the probability it was given; fewer where a
 *     prompt's continuation ended the text
 */
public record FutureCell(ImmutableList<TokenProbability> tokens) {

    /**
     * {@return mean probability of the tokens, what the paper's tables shade cells by; 0 without
     * tokens}
     */
    public double meanProbability() {
        return tokens.stream().mapToDouble(TokenProbability::probability).average().orElse(0);
    }

    /** {@return the tokens' text, one after the other} */
    public String text() {
        return tokens.stream().map(TokenProbability::piece).collect(Collectors.joining());
    }

    /** {@return the tokens with their probabilities} */
    @Override
    public String toString() {
        return tokens.toString();
    }
}
