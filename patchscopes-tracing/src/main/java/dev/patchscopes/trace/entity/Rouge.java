package dev.patchscopes.trace.entity;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Multiset;
import com.google.common.collect.Multisets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How far a text agrees with a reference (Lin, "ROUGE: A Package for Automatic Evaluation of
 * Summaries", 2004), as the reference implementation {@code rouge_score} counts without stemming.
 *
 * <p>Texts are split as there: in lower case, into runs of the letters a-z and digits; all other
 * characters separate.
 *
 * <pre>{@code
 * Rouge.ofWords("the cat sat on the mat", "the cat lay");      // precision 0.67, recall 0.33
 * Rouge.ofSequence("the cat sat on the mat", "mat the cat");   // of "the cat"
 * }</pre>
 *
 * @param precision share of the text's words that agree, 0 to 1; 0 of none
 * @param recall share of the reference's words that agree, 0 to 1; 0 of none
 */
public record Rouge(double precision, double recall) {

    private static final Pattern SEPARATOR = Pattern.compile("[^a-z0-9]+");

    /**
     * Rouge-1: words in common, each as often as in both.
     *
     * @param reference what is so
     * @param text what was said
     * @return the score
     */
    public static Rouge ofWords(String reference, String text) {
        ImmutableList<String> expected = words(reference);
        ImmutableList<String> said = words(text);
        Multiset<String> common =
                Multisets.intersection(HashMultiset.create(expected), HashMultiset.create(said));
        return of(common.size(), expected, said);
    }

    /**
     * Rouge-L: the longest sequence of words that both contain in this order, with gaps.
     *
     * @param reference what is so
     * @param text what was said
     * @return the score
     */
    public static Rouge ofSequence(String reference, String text) {
        ImmutableList<String> expected = words(reference);
        ImmutableList<String> said = words(text);
        return of(longestCommon(expected, said), expected, said);
    }

    private static Rouge of(int common, List<String> expected, List<String> said) {
        return new Rouge(
                (double) common / Math.max(1, said.size()),
                (double) common / Math.max(1, expected.size()));
    }

    private static ImmutableList<String> words(String text) {
        return SEPARATOR
                .splitAsStream(text.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .collect(ImmutableList.toImmutableList());
    }

    private static int longestCommon(List<String> a, List<String> b) {
        int[] before = new int[b.size() + 1]; // of a's words so far and b's first j
        for (String word : a) {
            int[] now = new int[before.length];
            for (int j = 1; j < now.length; j++) {
                now[j] =
                        word.equals(b.get(j - 1))
                                ? before[j - 1] + 1
                                : Math.max(before[j], now[j - 1]);
            }
            before = now;
        }
        return before[b.size()];
    }

    /** {@return the harmonic mean of both; 0 if both are} */
    public double f1() {
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    /** {@return for example {@code F1 0.44 (precision 0.67, recall 0.33)}} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "F1 %.2f (precision %.2f, recall %.2f)", f1(), precision, recall);
    }
}
