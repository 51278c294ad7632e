package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.collect.ImmutableList.toImmutableList;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What can be said of examples before any state is read. */
final class ExampleSet {

    /** A label with fewer groups could not stand in training, validation and test. */
    static final int LEAST_GROUPS = 3;

    private static final int SHOWN = 5;

    private ExampleSet() {}

    /**
     * Leaves out examples of rare labels.
     *
     * @param labelsInAtLeast how many groups a label needs; 0 if rare labels are an error
     */
    static ImmutableList<ProbeExample> used(
            ImmutableList<ProbeExample> examples, int labelsInAtLeast) {
        checkArgument(!examples.isEmpty(), "there are no examples: add examples(...) before run()");
        Map<String, Long> groupsOfLabel =
                examples.stream()
                        .collect(
                                Collectors.groupingBy(
                                        ProbeExample::label,
                                        TreeMap::new,
                                        Collectors.collectingAndThen(
                                                Collectors.mapping(
                                                        ProbeExample::group, Collectors.toSet()),
                                                set -> (long) set.size())));
        List<String> rare =
                groupsOfLabel.entrySet().stream()
                        .filter(e -> e.getValue() < Math.max(LEAST_GROUPS, labelsInAtLeast))
                        .map(e -> "\"%s\" (%d)".formatted(e.getKey(), e.getValue()))
                        .toList();
        checkArgument(
                rare.isEmpty() || labelsInAtLeast > 0,
                "%s occur in fewer than %s groups, too few for training, validation and test: give more examples, or leave them out by labelsInAtLeast(%s)",
                some(rare),
                LEAST_GROUPS,
                LEAST_GROUPS);
        ImmutableList<ProbeExample> used =
                examples.stream()
                        .filter(e -> groupsOfLabel.get(e.label()) >= labelsInAtLeast)
                        .collect(toImmutableList());
        int classes = groupsOfLabel.size() - rare.size();
        checkArgument(
                classes >= 2,
                "%s: a probe tells two labels or more apart, and the examples have %s%s",
                classes == 1 ? "one label is left" : "no label is left",
                some(groupsOfLabel.keySet().stream().map(l -> "\"" + l + "\"").toList()),
                rare.isEmpty()
                        ? ""
                        : ", of which labelsInAtLeast("
                                + labelsInAtLeast
                                + ") drops "
                                + some(rare));
        return used;
    }

    static String some(List<String> all) {
        return String.join(", ", all.subList(0, Math.min(SHOWN, all.size())))
                + (all.size() > SHOWN ? " and %d more".formatted(all.size() - SHOWN) : "");
    }

    /** {@return the key of each example in the control task} */
    static List<String> keys(List<ProbeExample> used, List<String> tokens) {
        boolean oneToken = tokens.stream().distinct().count() == 1;
        return IntStream.range(0, used.size())
                .mapToObj(
                        i ->
                                used.get(i)
                                        .key()
                                        .orElse(oneToken ? used.get(i).group() : tokens.get(i)))
                .toList();
    }

    /** {@return a digest of all that the examples say} */
    static String digest(List<ProbeExample> used) {
        Hasher hasher = Hashing.sha256().newHasher();
        for (ProbeExample e : used) {
            for (String part :
                    List.of(
                            e.text(),
                            e.position().toString(),
                            e.label(),
                            e.group(),
                            e.key().orElse(""))) {
                hasher.putInt(part.length()).putString(part, StandardCharsets.UTF_8);
            }
        }
        return hasher.hash().toString();
    }
}
