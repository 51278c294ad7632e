package dev.patchscopes.examples.demo.tokenizer;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Two neighbouring symbols that become one.
 *
 * @param left number of the first symbol
 * @param right number of the second
 */
record Merge(int left, int right) implements Comparable<Merge> {

    private static final Comparator<Merge> ORDER =
            Comparator.comparingInt(Merge::left).thenComparingInt(Merge::right);

    /** Replaces every occurrence of the pair, from the left. */
    int[] apply(int[] symbols, int merged) {
        int[] after = new int[symbols.length];
        int length = 0;
        for (int i = 0; i < symbols.length; i++) {
            if (i + 1 < symbols.length && symbols[i] == left && symbols[i + 1] == right) {
                after[length++] = merged;
                i++;
            } else {
                after[length++] = symbols[i];
            }
        }
        return Arrays.copyOf(after, length);
    }

    @Override
    public int compareTo(Merge other) {
        return ORDER.compare(this, other);
    }
}
