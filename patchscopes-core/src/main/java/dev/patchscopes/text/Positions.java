package dev.patchscopes.text;

import com.google.common.primitives.ImmutableIntArray;

/**
 * Which tokens of a prompt are meant: a description, resolved once against a tokenised prompt to
 * absolute indices.
 *
 * <p>An absolute index counts the prompt's tokens from 0, including a beginning-of-sequence token
 * the tokenizer added and never counting padding; it keeps its meaning when the prompt is padded in
 * a batch and while text is generated after it.
 *
 * <pre>{@code
 * TokenizedPrompt prompt = tokenizer.tokenize("The Eiffel Tower is in");
 * Positions.last().resolve(prompt);                  // [6]
 * Positions.at(0, -2).resolve(prompt);               // [0, 5]
 * Positions.of("Eiffel Tower").resolve(prompt);      // [1, 2, 3, 4]
 * Positions.lastTokenOf("Eiffel").resolve(prompt);   // [3]
 * }</pre>
 *
 * <p>Values are immutable; {@code equals} compares the description and {@code toString} shows it.
 */
public sealed interface Positions
        permits IndexPositions, RangePositions, SpanPositions, Positions.OfText {

    /**
     * The last token.
     *
     * @return the positions
     */
    static Positions last() {
        return at(-1);
    }

    /**
     * Tokens by index.
     *
     * @param index absolute indices; negative ones count from the end, -1 being the last token
     * @return the positions
     * @throws IllegalArgumentException if no index is given
     */
    static Positions at(int... index) {
        return new IndexPositions(ImmutableIntArray.copyOf(index));
    }

    /**
     * Every token.
     *
     * @return the positions
     */
    static Positions all() {
        return RangePositions.ALL;
    }

    /**
     * A run of tokens.
     *
     * @param from absolute index of the first token, not negative
     * @param toExclusive absolute index after the last token
     * @return the positions
     */
    static Positions range(int from, int toExclusive) {
        return new RangePositions(from, toExclusive);
    }

    /**
     * All tokens that overlap the one occurrence of a text in the prompt.
     *
     * <p>The text is compared character by character, so {@code "in"} also occurs inside {@code
     * "Berlin"}. If it occurs more than once, resolving fails until an occurrence is chosen.
     *
     * @param text the text, not empty
     * @return the positions
     * @throws IllegalArgumentException if the text is empty
     */
    static OfText of(String text) {
        return new TextPositions(text, TextPositions.Part.ALL, TextPositions.ONLY);
    }

    /**
     * The first token that overlaps the one occurrence of a text, see {@link #of(String)}.
     *
     * @param text the text, not empty
     * @return the positions
     * @throws IllegalArgumentException if the text is empty
     */
    static OfText firstTokenOf(String text) {
        return new TextPositions(text, TextPositions.Part.FIRST, TextPositions.ONLY);
    }

    /**
     * The last token that overlaps the one occurrence of a text, see {@link #of(String)}.
     *
     * @param text the text, not empty
     * @return the positions
     * @throws IllegalArgumentException if the text is empty
     */
    static OfText lastTokenOf(String text) {
        return new TextPositions(text, TextPositions.Part.LAST, TextPositions.ONLY);
    }

    /**
     * All tokens that overlap a range of characters.
     *
     * @param fromChar UTF-16 index of the first character
     * @param toChar UTF-16 index after the last character
     * @return the positions
     */
    static Positions span(int fromChar, int toChar) {
        return new SpanPositions(fromChar, toChar);
    }

    /**
     * Finds the tokens in a prompt.
     *
     * @param prompt the tokenised prompt
     * @return absolute indices, ascending, each once, at least one
     * @throws PositionException if the description does not fit the prompt; the message lists its
     *     tokens
     */
    ImmutableIntArray resolve(TokenizedPrompt prompt);

    /** Positions found by text, with a choice among several occurrences. */
    sealed interface OfText extends Positions permits TextPositions {

        /**
         * Chooses one of several occurrences; they may overlap.
         *
         * @param n occurrence, from 0; negative numbers count from the end, -1 being the last
         * @return the positions at that occurrence
         */
        OfText occurrence(int n);

        /**
         * Chooses the first occurrence.
         *
         * @return the positions at that occurrence
         */
        default OfText firstOccurrence() {
            return occurrence(0);
        }

        /**
         * Chooses the last occurrence.
         *
         * @return the positions at that occurrence
         */
        default OfText lastOccurrence() {
            return occurrence(-1);
        }
    }
}
