package dev.patchscopes.lens.probe;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The control task of Hewitt and Liang (2019, section 2): every key, such as a word type, has a
 * label drawn once, at random, so that only remembering the keys helps.
 *
 * <p>Labels are drawn in the proportions of the real ones, so that both tasks are as unbalanced.
 *
 * @param labels of the examples, as classes
 * @param keys how many different keys there are
 * @param keysSeen share of test examples whose key occurs among training examples
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
record ControlTask(int[] labels, int keys, double keysSeen) {

    private static final int DRAWS = 1000;

    static ControlTask of(List<String> keys, int[] labels, ProbeSplit split, long seed) {
        Random random = new Random(seed);
        for (int draw = 0; draw < DRAWS; draw++) {
            Map<String, Integer> drawn = new HashMap<>();
            int[] out =
                    keys.stream()
                            .mapToInt(
                                    key ->
                                            drawn.computeIfAbsent(
                                                    key,
                                                    k -> labels[random.nextInt(labels.length)]))
                            .toArray();
            // one label for all would need no probe at all
            if (IntStream.of(ProbeSplit.at(split.train(), out)).distinct().count() > 1) {
                return new ControlTask(out, drawn.size(), seen(keys, split));
            }
        }
        throw new IllegalArgumentException(
                "the control task draws a label for each key, and the training examples have only %s: give keys that differ by ProbeExample.withKey(...)"
                        .formatted(among(split.train(), keys)));
    }

    private static double seen(List<String> keys, ProbeSplit split) {
        Set<String> trained = among(split.train(), keys);
        return IntStream.of(split.test()).filter(row -> trained.contains(keys.get(row))).count()
                / (double) split.test().length;
    }

    private static Set<String> among(int[] rows, List<String> keys) {
        Set<String> out = new HashSet<>();
        for (int row : rows) {
            out.add(keys.get(row));
        }
        return out;
    }
}
