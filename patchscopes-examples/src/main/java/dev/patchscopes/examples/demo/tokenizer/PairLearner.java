package dev.patchscopes.examples.demo.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Learns merges: again and again, the pair of neighbours that occurs most often becomes a token of
 * its own.
 *
 * <p>Symbols are numbers here: 0..255 are bytes, 256 + m is the outcome of merge m.
 */
final class PairLearner {

    private static final Comparator<PairCount> BEST =
            Comparator.comparingLong((PairCount pair) -> pair.count)
                    .thenComparing(pair -> pair.merge, Comparator.reverseOrder());

    private final List<int[]> words = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();
    private final Map<Merge, PairCount> pairs = new HashMap<>();
    private final List<String> pieces = new ArrayList<>();
    private final Set<String> taken = new HashSet<>();

    /**
     * @param counted how often each word occurs
     */
    PairLearner(Map<String, Long> counted) {
        for (int b = 0; b < ByteAlphabet.SIZE; b++) {
            pieces.add(ByteAlphabet.write(new byte[] {(byte) b}));
        }
        counted.forEach(
                (word, count) -> {
                    byte[] bytes = WordSplitter.bytes(word);
                    int[] symbols = new int[bytes.length];
                    for (int i = 0; i < bytes.length; i++) {
                        symbols[i] = bytes[i] & 0xFF;
                    }
                    words.add(symbols);
                    counts.add(count);
                    count(words.size() - 1, 1);
                });
    }

    /** Merges in the order in which they are learned; fewer if no pair occurs twice any more. */
    List<Merge> learn(int atMost) {
        List<Merge> merges = new ArrayList<>();
        while (merges.size() < atMost) {
            Optional<PairCount> best = pairs.values().stream().filter(this::isNew).max(BEST);
            if (best.isEmpty() || best.get().count < 2) {
                break;
            }
            PairCount pair = best.get();
            String piece = joined(pair.merge);
            pieces.add(piece);
            taken.add(piece);
            merges.add(pair.merge);
            for (int word : List.copyOf(pair.words)) {
                count(word, -1);
                words.set(word, pair.merge.apply(words.get(word), pieces.size() - 1));
                count(word, 1);
            }
        }
        return merges;
    }

    /** Two merges to the same piece would be two tokens that read alike. */
    private boolean isNew(PairCount pair) {
        return pair.count > 0 && !taken.contains(joined(pair.merge));
    }

    private String joined(Merge merge) {
        return pieces.get(merge.left()) + pieces.get(merge.right());
    }

    private void count(int word, int sign) {
        int[] symbols = words.get(word);
        for (int i = 0; i + 1 < symbols.length; i++) {
            PairCount pair =
                    pairs.computeIfAbsent(new Merge(symbols[i], symbols[i + 1]), PairCount::new);
            pair.count += sign * counts.get(word);
            if (sign > 0) {
                pair.words.add(word);
            } else {
                pair.words.remove(word);
            }
        }
    }

    /** How often a pair occurs, and in which words. */
    private static final class PairCount {
        private final Merge merge;
        private final Set<Integer> words = new LinkedHashSet<>();
        private long count;

        PairCount(Merge merge) {
            this.merge = merge;
        }
    }
}
