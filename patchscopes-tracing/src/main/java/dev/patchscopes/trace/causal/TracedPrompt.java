package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Optional;

/**
 * A prompt and its subject's tokens.
 *
 * @param prompt tokens
 * @param from first token of the subject
 * @param to token after its last one
 * @param span characters of the subject, where the prompt is known as text
 */
record TracedPrompt(TokenizedPrompt prompt, int from, int to, Optional<CharSpan> span) {

    static TracedPrompt of(HookedModel model, FactPrompt fact) {
        return of(model.tokenize(fact.prompt()), fact.positions(), Optional.of(fact.span()));
    }

    static TracedPrompt of(TokenizedPrompt prompt, Positions subject, Optional<CharSpan> span) {
        ImmutableIntArray tokens = subject.resolve(prompt);
        checkArgument(!tokens.isEmpty(), "the subject %s is no token of %s", subject, prompt);
        int from = tokens.get(0);
        int to = tokens.get(tokens.length() - 1) + 1;
        checkArgument(
                to - from == tokens.length(),
                "the subject's tokens %s of %s do not stand side by side: give a range, Positions.range(from, to)",
                tokens,
                prompt);
        return new TracedPrompt(prompt, from, to, span.or(() -> characters(prompt, from, to)));
    }

    /** What the tokens spell, without the space that many tokenizers put before a word. */
    private static Optional<CharSpan> characters(TokenizedPrompt prompt, int from, int to) {
        Optional<CharSpan> first = prompt.token(from).span();
        Optional<CharSpan> last = prompt.token(to - 1).span();
        if (first.isEmpty() || last.isEmpty()) {
            return Optional.empty();
        }
        int start = first.get().start();
        while (start < last.get().end() && Character.isWhitespace(prompt.text().charAt(start))) {
            start++;
        }
        return Optional.of(new CharSpan(start, last.get().end()));
    }

    int length() {
        return prompt.length();
    }

    int subjectTokens() {
        return to - from;
    }

    Positions subject() {
        return Positions.range(from, to);
    }

    /** The prompt about another subject, which has as many tokens. */
    TokenizedPrompt about(HookedModel model, String other) {
        CharSpan replaced =
                span.orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "%s has no text to put \"%s\" into: give the other prompt's tokens, Corruption.replacement(TokenizedPrompt)"
                                                .formatted(prompt, other)));
        String text = prompt.text();
        TokenizedPrompt result =
                model.tokenize(
                        text.substring(0, replaced.start())
                                + other
                                + text.substring(replaced.end()));
        int tokens = result.length() - length() + subjectTokens();
        checkArgument(
                tokens == subjectTokens(),
                "the subject \"%s\" has %s tokens in \"%s\" and \"%s\" would have %s: choose a subject with as many, or noise",
                replaced.of(text),
                subjectTokens(),
                text,
                other,
                tokens);
        return checked(result);
    }

    /** A prompt that differs in the subject alone. */
    TokenizedPrompt checked(TokenizedPrompt other) {
        checkArgument(
                other.length() == length(),
                "the prompt %s has %s tokens and its replacement %s has %s: states can be restored only between prompts of equal length",
                prompt,
                length(),
                other,
                other.length());
        for (Token token : prompt.tokens()) {
            int at = token.index();
            checkArgument(
                    (at >= from && at < to) || token.id() == other.token(at).id(),
                    "the replacement %s differs from %s at token %s, outside the subject, which is tokens %s to %s",
                    other,
                    prompt,
                    token,
                    from,
                    to - 1);
        }
        return other;
    }
}
