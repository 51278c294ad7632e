package dev.patchscopes.trace.hops;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * A question as a model reads it: which token of which prompt is read and which is written.
 *
 * @param source the prompt S
 * @param read its token i
 * @param target the prompt T
 * @param written its token i*
 */
record HopTokens(TokenizedPrompt source, int read, TokenizedPrompt target, int written) {

    static HopTokens of(HookedModel model, HopForm form, HopQuestion question) {
        if (form == HopForm.TWO_PROMPTS) {
            TokenizedPrompt source = model.tokenize(question.source());
            TokenizedPrompt target = model.tokenize(question.target().text());
            return new HopTokens(
                    source, source.length() - 1, target, question.target().resolve(target));
        }
        TokenizedPrompt whole = model.tokenize(question.question());
        ImmutableIntArray hop =
                Positions.span(question.hop().start(), question.hop().end()).resolve(whole);
        int last = hop.get(hop.length() - 1);
        return new HopTokens(
                whole, last, whole, form == HopForm.ONE_PROMPT ? before(whole, hop.get(0)) : last);
    }

    /** The token before a position, which holds some of the text: a start of text is none. */
    private static int before(TokenizedPrompt prompt, int position) {
        if (position == 0 || prompt.token(position - 1).span().isEmpty()) {
            throw new PositionException(
                    "no token of the question comes before hop 1, where form %s writes: word the question so that hop 1 comes later, or choose form %s. Tokens: %s"
                            .formatted(
                                    HopForm.ONE_PROMPT,
                                    HopForm.TWO_PROMPTS,
                                    Quoting.list(prompt.tokens())));
        }
        return position - 1;
    }
}
