package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.Ints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Examples in three parts that share no group, with about the same mixture of labels in each.
 *
 * @param train indices of examples, ascending
 * @param validation likewise
 * @param test likewise
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
record ProbeSplit(int[] train, int[] validation, int[] test) {

    /**
     * Splits at random. Groups are sorted by their most frequent label, shuffled among those of the
     * same, and then dealt out evenly.
     *
     * @param groups of the examples
     * @param labels of the examples, as classes
     * @param validationShare share of the groups
     * @param testShare share of the groups
     */
    static ProbeSplit of(
            List<String> groups,
            int[] labels,
            double validationShare,
            double testShare,
            long seed) {
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < labels.length; i++) {
            members.computeIfAbsent(groups.get(i), g -> new ArrayList<>()).add(i);
        }
        Map<Integer, List<List<Integer>>> strata = new TreeMap<>();
        for (List<Integer> group : members.values()) {
            strata.computeIfAbsent(mostFrequent(group, labels), k -> new ArrayList<>()).add(group);
        }
        Random random = new Random(seed);
        List<List<Integer>> order = new ArrayList<>();
        for (List<List<Integer>> stratum : strata.values()) {
            Collections.shuffle(stratum, random);
            order.addAll(stratum);
        }
        List<List<Integer>> test = new ArrayList<>();
        List<List<Integer>> rest = new ArrayList<>();
        deal(order, testShare, random.nextDouble(), test, rest);
        List<List<Integer>> validation = new ArrayList<>();
        List<List<Integer>> train = new ArrayList<>();
        deal(rest, validationShare / (1 - testShare), random.nextDouble(), validation, train);
        checkArgument(
                !test.isEmpty() && !validation.isEmpty() && !train.isEmpty(),
                "%s groups are too few for shares of %s for validation and %s for the test: give more groups, or other shares by split(...)",
                members.size(),
                validationShare,
                testShare);
        return new ProbeSplit(rows(train), rows(validation), rows(test));
    }

    private static int mostFrequent(List<Integer> group, int[] labels) {
        Map<Integer, Integer> counts = new TreeMap<>();
        group.forEach(i -> counts.merge(labels[i], 1, Integer::sum));
        return Collections.max(
                        counts.entrySet(),
                        Map.Entry.<Integer, Integer>comparingByValue()
                                .thenComparing(e -> -e.getKey()))
                .getKey();
    }

    /** Takes every 1/share-th group, so that any run of neighbours is served alike. */
    private static void deal(
            List<List<Integer>> groups,
            double share,
            double offset,
            List<List<Integer>> taken,
            List<List<Integer>> left) {
        for (int i = 0; i < groups.size(); i++) {
            boolean take = Math.floor((i + 1) * share + offset) > Math.floor(i * share + offset);
            (take ? taken : left).add(groups.get(i));
        }
    }

    private static int[] rows(List<List<Integer>> groups) {
        int[] rows = Ints.toArray(groups.stream().flatMap(List::stream).toList());
        Arrays.sort(rows);
        return rows;
    }

    /** {@return how many examples of how many groups some rows are} */
    static ProbeProvenance.Part part(int[] rows, List<String> groups) {
        long different = IntStream.of(rows).mapToObj(groups::get).distinct().count();
        return new ProbeProvenance.Part(rows.length, (int) different);
    }

    /** {@return the classes of {@code labels} that no training example has} */
    Set<Integer> missingFromTraining(int[] labels) {
        Set<Integer> missing = new HashSet<>(Ints.asList(labels));
        for (int row : train) {
            missing.remove(labels[row]);
        }
        return missing;
    }

    /** {@return the values at some rows} */
    static int[] at(int[] rows, int[] values) {
        return IntStream.of(rows).map(row -> values[row]).toArray();
    }
}
