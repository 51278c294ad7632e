package dev.patchscopes.corpus;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import dev.patchscopes.text.Quoting;
import java.util.Objects;

/**
 * A text and where it comes from.
 *
 * @param text what it says; never blank where a corpus gives it
 * @param source name of the file, relative to the directory that was opened
 * @param index number of the document in its source, from 0; blank documents are not counted,
 *     damaged ones are
 * @param attributes what the source tells about it, by dotted path; empty for plain text
 */
public record TextDocument(
        String text, String source, long index, ImmutableMap<String, String> attributes) {

    /**
     * Checks the index.
     *
     * @param text what it says
     * @param source name of the file
     * @param index number of the document in its source, from 0
     * @param attributes what the source tells about it
     */
    public TextDocument {
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(attributes, "attributes");
        checkArgument(index >= 0, "index %s of a document of %s is negative", index, source);
    }

    /** Returns source, index and the beginning and end of the text. */
    @Override
    public String toString() {
        return source + "[" + index + "] " + Quoting.quoteShort(text);
    }
}
