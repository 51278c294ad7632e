package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Objects;
import java.util.Optional;

/**
 * One token of a prompt.
 *
 * @param index absolute position in the prompt, from 0
 * @param id token id, a row of the model's embedding matrix
 * @param piece readable piece, see {@link Tokenizer#piece(int)}; never empty
 * @param span the characters of the prompt's text the token stands for; absent for tokens that no
 *     text stands behind (a beginning-of-sequence token the tokenizer added, a prompt made from
 *     ids). The tokens that share one character (bytes of an emoji) have the same span.
 */
public record Token(int index, int id, String piece, Optional<CharSpan> span) {

    /**
     * Checks the components.
     *
     * @param index absolute position
     * @param id token id
     * @param piece readable piece
     * @param span characters of the text
     * @throws IllegalArgumentException if index or id is negative or the piece is empty
     */
    public Token {
        checkArgument(index >= 0, "token index %s is negative", index);
        checkArgument(id >= 0, "token id %s at index %s is negative", id, index);
        checkArgument(!piece.isEmpty(), "the piece of token %s (id %s) is empty", index, id);
        Objects.requireNonNull(span, "span");
    }

    /** Returns index and quoted piece: {@code 4 " Tower"}. */
    @Override
    public String toString() {
        return index + " " + Quoting.quote(piece);
    }
}
