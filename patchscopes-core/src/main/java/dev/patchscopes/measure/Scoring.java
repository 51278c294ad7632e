package dev.patchscopes.measure;

import dev.patchscopes.facts.Relation;
import java.text.Normalizer;
import java.util.regex.Pattern;

/**
 * When a generated text counts as naming the object of a fact. Neither way includes the other.
 *
 * <pre>{@code
 * Relation.Sample france = Relation.Sample.of("France", "Paris");
 * Scoring.PAPER.finds(" is Parisian", france);    // true
 * Scoring.STRICT.finds(" is Parisian", france);   // false
 * Scoring.STRICT.finds(" is PARIS.", france);     // true
 * }</pre>
 */
public enum Scoring {
    /**
     * The object or an alias stands in the text as whole words: no letter, digit or mark continues
     * it on either side where it has one itself. Case, kinds of white space and the composition of
     * accents make no difference. A script without spaces between words has no such boundaries: use
     * {@link #PAPER} for it.
     */
    STRICT {
        @Override
        public boolean finds(String text, Relation.Sample fact) {
            String in = plain(text);
            return fact.answers().stream().anyMatch(answer -> hasWords(in, plain(answer)));
        }
    },
    /**
     * As the code of Ghandeharioun et al., "Patchscopes" (2024) has it: the object without its
     * spaces is part of the text without its spaces, letter by letter. It also finds {@code fish}
     * in {@code Goldfish} and {@code red} in {@code are delicious}. Aliases do not count.
     */
    PAPER {
        @Override
        public boolean finds(String text, Relation.Sample fact) {
            return text.replace(" ", "").contains(fact.object().replace(" ", ""));
        }
    };

    /** A letter, which would go on with a word that the text ends in. */
    private static final String MORE = "x";

    private static final Pattern SPACE = Pattern.compile("[\\p{Z}\\s]+");

    /**
     * Says whether a text names the object.
     *
     * @param text what a model generated
     * @param fact the fact it was asked for
     * @return whether it does
     */
    public abstract boolean finds(String text, Relation.Sample fact);

    /**
     * Says whether a text can end here: both ways find the object, and will whatever follows.
     *
     * @param text what a model has generated so far
     * @param fact the fact it was asked for
     * @return whether more of it could not change a score
     */
    public static boolean isFound(String text, Relation.Sample fact) {
        return PAPER.finds(text, fact) && STRICT.finds(text + MORE, fact);
    }

    /** Case folded as far as single characters allow it: up and down again. */
    private static String plain(String text) {
        String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
        return SPACE.matcher(composed)
                .replaceAll(" ")
                .codePoints()
                .map(c -> Character.toLowerCase(Character.toUpperCase(c)))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static boolean hasWords(String text, String words) {
        for (int at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
            if (!joined(text, at) && !joined(text, at + words.length())) {
                return true;
            }
        }
        return false;
    }

    /** Whether a word goes on across a boundary between two characters. */
    private static boolean joined(String text, int boundary) {
        return boundary > 0
                && boundary < text.length()
                && isOfWord(text.codePointBefore(boundary))
                && isOfWord(text.codePointAt(boundary));
    }

    private static boolean isOfWord(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.ENCLOSING_MARK ->
                    true;
            default -> Character.isLetterOrDigit(c);
        };
    }
}
