package dev.patchscopes.trace.causal;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What is measured.
 *
 * @param tokens token ids
 * @param text how results show it
 */
record TracedAnswer(ImmutableIntArray tokens, String text) {

    static TracedAnswer of(HookedModel model, String text) {
        return new TracedAnswer(AnswerCells.tokens(model, text), text);
    }

    static TracedAnswer of(TokenProbability token) {
        return new TracedAnswer(ImmutableIntArray.of(token.id()), token.piece());
    }

    static TracedAnswer of(int... ids) {
        return new TracedAnswer(
                ImmutableIntArray.copyOf(ids),
                Arrays.stream(ids).mapToObj(id -> "#" + id).collect(Collectors.joining(" ")));
    }
}
