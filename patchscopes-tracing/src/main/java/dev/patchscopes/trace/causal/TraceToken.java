package dev.patchscopes.trace.causal;

import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * A token of a traced prompt.
 *
 * @param id token id
 * @param text what it spells
 * @param subject whether it is the subject's
 */
public record TraceToken(int id, String text, boolean subject) {

    static TraceToken of(TokenizedPrompt prompt, int index, boolean subject) {
        Token token = prompt.token(index);
        return new TraceToken(token.id(), token.piece(), subject);
    }

    /** {@return the quoted text, with a star if the token is the subject's} */
    @Override
    public String toString() {
        return Quoting.quote(text) + (subject ? "*" : "");
    }
}
