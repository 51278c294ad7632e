package dev.patchscopes;

import dev.patchscopes.model.Generation;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Quoting;
import java.util.stream.Collectors;

/**
 * What a run over the target prompt says.
 *
 * @param next distribution of the token after the prompt
 * @param generation the continuation; without tokens if none was asked for
 */
public record Answer(TokenDistribution next, Generation generation) {

    /** {@return the generated text} */
    public String text() {
        return generation.text();
    }

    /** {@return generated text and most probable next tokens, in a line} */
    @Override
    public String toString() {
        String top =
                next.top(3).stream()
                        .map(TokenProbability::toString)
                        .collect(Collectors.joining(", "));
        return generation.ids().isEmpty()
                ? "next " + top
                : "%s, next %s".formatted(Quoting.quoteShort(generation.toString()), top);
    }
}
