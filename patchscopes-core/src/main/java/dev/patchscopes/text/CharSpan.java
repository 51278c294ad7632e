package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * A range of characters of a text, in UTF-16 units as {@link String#substring(int, int)} counts
 * them.
 *
 * @param start index of the first character
 * @param end index after the last character, at least {@code start}
 */
public record CharSpan(int start, int end) {

    /**
     * Checks the bounds.
     *
     * @param start index of the first character
     * @param end index after the last character
     * @throws IllegalArgumentException if {@code start} is negative or {@code end < start}
     */
    public CharSpan {
        checkArgument(
                start >= 0 && end >= start,
                "span %s..%s must satisfy 0 <= start <= end",
                start,
                end);
    }

    /**
     * Returns the number of UTF-16 units.
     *
     * @return {@code end - start}
     */
    public int length() {
        return end - start;
    }

    /**
     * Returns whether the span holds no character.
     *
     * @return whether {@code start == end}
     */
    public boolean isEmpty() {
        return start == end;
    }

    /**
     * Returns whether the two spans share at least one character; an empty span shares none.
     *
     * @param other the span to compare with
     * @return whether a character lies in both
     */
    public boolean overlaps(CharSpan other) {
        return Math.max(start, other.start) < Math.min(end, other.end);
    }

    /**
     * Returns the characters of {@code text} in this span.
     *
     * @param text the text the span was measured in
     * @return the part of it
     * @throws IndexOutOfBoundsException if the text is shorter than {@code end}
     */
    public String of(String text) {
        return text.substring(start, end);
    }

    @Override
    public String toString() {
        return start + ".." + end;
    }
}
