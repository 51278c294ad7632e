package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Objects;
import java.util.Optional;

/**
 * A text and the tokens a model reads for it: what positions are resolved against.
 *
 * <pre>{@code
 * TokenizedPrompt prompt = tokenizer.tokenize("The Eiffel Tower is in");
 * System.out.println(prompt); // "The"·" E"·"iff"·"el"·" Tower"·" is"·" in"
 * int subject = Positions.lastTokenOf("Tower").resolve(prompt).get(0); // 4
 * }</pre>
 *
 * @param text the text; empty for a prompt made from ids without a tokenizer
 * @param ids token ids, {@code [pos]}, at least one
 * @param tokens the same tokens with their pieces and spans, {@code [pos]}
 */
public record TokenizedPrompt(String text, ImmutableIntArray ids, ImmutableList<Token> tokens) {

    /**
     * Checks that ids and tokens agree.
     *
     * @param text the text
     * @param ids token ids, {@code [pos]}
     * @param tokens the tokens, {@code [pos]}
     * @throws EmptyPromptException if there are no tokens
     * @throws IllegalArgumentException if ids, indices or spans contradict each other
     */
    public TokenizedPrompt {
        Objects.requireNonNull(text, "text");
        if (ids.isEmpty() && tokens.isEmpty()) {
            throw new EmptyPromptException(
                    "A prompt needs at least one token, and "
                            + Quoting.quote(text)
                            + " has none. Give it some text, or start from a single id such as the"
                            + " tokenizer's bos() with TokenizedPrompt.ofIds(id).");
        }
        checkArgument(
                ids.length() == tokens.size(), "%s ids but %s tokens", ids.length(), tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            checkArgument(
                    token.index() == i && token.id() == ids.get(i),
                    "token %s has index %s and id %s, expected index %s and id %s",
                    i,
                    token.index(),
                    token.id(),
                    i,
                    ids.get(i));
            checkArgument(
                    token.span().isEmpty() || token.span().get().end() <= text.length(),
                    "token %s ends beyond the text, which has %s characters",
                    token,
                    text.length());
        }
    }

    /**
     * Makes a prompt from its tokens.
     *
     * @param text the text the tokens' spans are measured in
     * @param tokens the tokens in order, at least one
     * @return the prompt
     * @throws EmptyPromptException if there are no tokens
     */
    public static TokenizedPrompt of(String text, Iterable<Token> tokens) {
        ImmutableList<Token> list = ImmutableList.copyOf(tokens);
        ImmutableIntArray.Builder ids = ImmutableIntArray.builder(Math.max(1, list.size()));
        list.forEach(token -> ids.add(token.id()));
        return new TokenizedPrompt(text, ids.build(), list);
    }

    /**
     * Makes a prompt from token ids alone, without a tokenizer: no text, no spans, and pieces such
     * as {@code #17}.
     *
     * @param ids token ids, at least one
     * @return the prompt
     * @throws EmptyPromptException if no id is given
     * @throws IllegalArgumentException if an id is negative
     */
    public static TokenizedPrompt ofIds(int... ids) {
        ImmutableList.Builder<Token> tokens = ImmutableList.builderWithExpectedSize(ids.length);
        for (int i = 0; i < ids.length; i++) {
            tokens.add(new Token(i, ids[i], "#" + ids[i], Optional.empty()));
        }
        return of("", tokens.build());
    }

    /**
     * Makes a prompt from token ids alone, see {@link #ofIds(int...)}.
     *
     * @param ids token ids, at least one
     * @return the prompt
     * @throws EmptyPromptException if no id is given
     * @throws IllegalArgumentException if an id is negative
     */
    public static TokenizedPrompt ofIds(ImmutableIntArray ids) {
        return ofIds(ids.toArray());
    }

    /**
     * Returns the number of tokens.
     *
     * @return at least 1
     */
    public int length() {
        return ids.length();
    }

    /**
     * Returns the token at a position.
     *
     * @param index absolute position, 0 to {@code length() - 1}
     * @return the token
     * @throws IndexOutOfBoundsException if there is no such position
     */
    public Token token(int index) {
        return tokens.get(index);
    }

    /** Returns the quoted pieces: {@code "The"·" capital"·" of"}; long prompts are cut. */
    @Override
    public String toString() {
        return Quoting.join(tokens);
    }
}
