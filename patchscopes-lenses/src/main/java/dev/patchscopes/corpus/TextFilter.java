package dev.patchscopes.corpus;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Map;

/**
 * Which documents of a corpus to keep.
 *
 * <pre>{@code
 * TextFilter shortEnglish =
 *         TextFilter.paper().and(TextFilter.attribute("meta.pile_set_name", "Wikipedia (en)"));
 * TextFilter own = document -> document.text().contains("Paris");
 * }</pre>
 */
@FunctionalInterface
public interface TextFilter {

    /**
     * Tells whether to keep a document.
     *
     * @param document any document
     * @return whether it stays
     */
    boolean accepts(TextDocument document);

    /**
     * The filter of the Patchscopes paper's experiments on next-token prediction (Ghandeharioun et
     * al. 2024, section 4.1, by the released code): fewer than 250 words and fewer than 2,000
     * characters.
     *
     * @return the filter
     * @see #fewerWordsThan(int)
     * @see #fewerCharactersThan(int)
     */
    static TextFilter paper() {
        return fewerWordsThan(250).and(fewerCharactersThan(2000));
    }

    /**
     * Keeps documents of fewer words than a limit. Words are what lies between single spaces
     * (U+0020), as the paper's code counts them: the number of spaces plus one. Two spaces in a row
     * count as a word between them, a line break separates none.
     *
     * @param limit first number of words that is too many, at least 1
     * @return the filter
     * @throws IllegalArgumentException if the limit keeps nothing
     */
    static TextFilter fewerWordsThan(int limit) {
        checkArgument(limit >= 1, "fewer than %s words: the limit must be at least 1", limit);
        return new NamedFilter(
                "fewer than %d words".formatted(limit),
                document -> document.text().chars().filter(c -> c == ' ').count() + 1 < limit);
    }

    /**
     * Keeps documents of fewer characters than a limit. Characters are Unicode code points, as the
     * paper's code counts them.
     *
     * @param limit first number of characters that is too many, at least 1
     * @return the filter
     * @throws IllegalArgumentException if the limit keeps nothing
     */
    static TextFilter fewerCharactersThan(int limit) {
        checkArgument(limit >= 1, "fewer than %s characters: the limit must be at least 1", limit);
        return new NamedFilter(
                "fewer than %d characters".formatted(limit),
                document -> document.text().codePointCount(0, document.text().length()) < limit);
    }

    /**
     * Keeps documents with a value of an attribute.
     *
     * @param path of the attribute, as the format names it
     * @param value to keep
     * @return the filter; documents without the attribute are left out
     */
    static TextFilter attribute(String path, String value) {
        return new NamedFilter(
                path + " is " + value,
                document -> document.attributes().entrySet().contains(Map.entry(path, value)));
    }

    /**
     * Keeps what both filters keep.
     *
     * @param other asked after this one
     * @return the filter
     */
    default TextFilter and(TextFilter other) {
        return new NamedFilter(
                this + ", " + other, document -> accepts(document) && other.accepts(document));
    }

    /**
     * Keeps what this filter leaves out.
     *
     * @return the filter
     */
    default TextFilter negate() {
        return new NamedFilter("not (" + this + ")", document -> !accepts(document));
    }
}
