package dev.patchscopes.corpus;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Quoting;
import java.util.Objects;

/**
 * Tokens of a document, to run a model on.
 *
 * @param ids token ids, {@code [pos]}, at least one
 * @param text the characters that the tokens stand for; the texts of a document's chunks one after
 *     another are its text, as far as its tokens are in a chunk. A character whose bytes are cut
 *     apart belongs to the later chunk
 * @param source name of the document's source; where a chunk joins several, that of the first
 * @param document number of that document in its source, from 0
 * @param offset number of the document's tokens before the chunk, without BOS
 */
public record TextChunk(
        ImmutableIntArray ids, String text, String source, long document, int offset) {

    /**
     * Checks that nothing is missing.
     *
     * @param ids token ids, {@code [pos]}
     * @param text the characters that the tokens stand for
     * @param source name of the document's source
     * @param document number of the document in its source
     * @param offset number of the document's tokens before the chunk
     */
    public TextChunk {
        Objects.requireNonNull(ids, "ids");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(source, "source");
    }

    /** Returns the place and the text, shortened. */
    @Override
    public String toString() {
        return "%s[%d], %d tokens from %d: %s"
                .formatted(source, document, ids.length(), offset, Quoting.quoteShort(text));
    }
}
