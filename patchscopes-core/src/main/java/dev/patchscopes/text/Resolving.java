package dev.patchscopes.text;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;

/** What the kinds of {@link Positions} share. */
final class Resolving {

    private Resolving() {}

    /** The prompt as it is called in messages. */
    static String name(TokenizedPrompt prompt) {
        return prompt.text().isEmpty()
                ? "a prompt of " + prompt.length() + " tokens"
                : Quoting.quoteShort(prompt.text());
    }

    /** Fails unless some token of the prompt stands for characters of its text. */
    static void requireText(String what, TokenizedPrompt prompt) {
        if (prompt.tokens().stream().allMatch(token -> token.span().isEmpty())) {
            throw new PositionException(
                    ("%s cannot be found: the tokens of this prompt stand for no text."
                                    + " Use at(), range(), last() or all(). Tokens: %s.")
                            .formatted(what, Quoting.list(prompt.tokens())));
        }
    }

    /** Tokens whose span shares a character with {@code span}; at least one. */
    static ImmutableIntArray overlapping(String what, CharSpan span, TokenizedPrompt prompt) {
        int[] found =
                prompt.tokens().stream()
                        .filter(t -> t.span().filter(span::overlaps).isPresent())
                        .mapToInt(Token::index)
                        .toArray();
        if (found.length == 0) {
            throw new PositionException(
                    "%s lies at characters %s of %s, which no token stands for. Tokens: %s."
                            .formatted(what, span, name(prompt), Quoting.list(prompt.tokens())));
        }
        return ascendingUnique(found);
    }

    static ImmutableIntArray ascendingUnique(int[] indices) {
        return ImmutableIntArray.copyOf(Arrays.stream(indices).sorted().distinct());
    }
}
