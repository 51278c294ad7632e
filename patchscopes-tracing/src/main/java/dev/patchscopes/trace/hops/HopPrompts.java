package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * Where the vectors of a question's cells were read and written.
 *
 * @param source tokens of the prompt that was read, as readable pieces
 * @param read index i of the token whose vectors were read
 * @param target tokens of the prompt that was written to, as readable pieces
 * @param written index i* of the token that was written over
 */
public record HopPrompts(
        ImmutableList<String> source, int read, ImmutableList<String> target, int written) {

    static HopPrompts of(HopTokens tokens) {
        return new HopPrompts(
                pieces(tokens.source()), tokens.read(), pieces(tokens.target()), tokens.written());
    }

    private static ImmutableList<String> pieces(TokenizedPrompt prompt) {
        return prompt.tokens().stream().map(Token::piece).collect(ImmutableList.toImmutableList());
    }
}
