package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProbeSplitTest {
    private static final long SEED = Long.getLong("seed", 20241);

    @Test
    void noGroupIsEverParted() {
        for (int round = 0; round < 300; round++) {
            Random random = new Random(SEED + round);
            int examples = 40 + random.nextInt(200);
            int groups = 10 + random.nextInt(40);
            List<String> groupOf = random.ints(examples, 0, groups).mapToObj(g -> "g" + g).toList();
            int[] labels = random.ints(examples, 0, 3).toArray();
            ProbeSplit split = ProbeSplit.of(groupOf, labels, 0.2, 0.3, round);

            assertThat(
                            Stream.of(split.train(), split.validation(), split.test())
                                    .flatMapToInt(Arrays::stream)
                                    .sorted()
                                    .toArray())
                    .as("seed %d", SEED + round)
                    .isEqualTo(IntStream.range(0, examples).toArray());
            Set<String> train = groups(split.train(), groupOf);
            Set<String> validation = groups(split.validation(), groupOf);
            Set<String> test = groups(split.test(), groupOf);
            assertThat(train).as("seed %d", SEED + round).doesNotContainAnyElementsOf(validation);
            assertThat(train).as("seed %d", SEED + round).doesNotContainAnyElementsOf(test);
            assertThat(validation).as("seed %d", SEED + round).doesNotContainAnyElementsOf(test);
            int all = new HashSet<>(groupOf).size();
            assertThat((double) test.size() / all).isBetween(0.3 - 1.0 / all, 0.3 + 1.0 / all);
            assertThat((double) validation.size() / all)
                    .isBetween(0.2 - 2.0 / all, 0.2 + 2.0 / all);
        }
    }

    @Test
    void everyLabelOfThreeGroupsIsTrained() {
        List<String> groups = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (int label = 0; label < 20; label++) {
            for (int group = 0; group < 3; group++) {
                groups.add(label + "-" + group);
                labels.add(label);
            }
        }
        int[] y = labels.stream().mapToInt(l -> l).toArray();
        for (long seed = 0; seed < 200; seed++) {
            ProbeSplit split = ProbeSplit.of(groups, y, 0.2, 0.2, seed);
            assertThat(split.missingFromTraining(y)).as("seed %d", seed).isEmpty();
        }
    }

    @Test
    void theSeedDecides() {
        List<String> groups = IntStream.range(0, 100).mapToObj(i -> "g" + i).toList();
        int[] labels = IntStream.range(0, 100).map(i -> i % 4).toArray();
        int[] test = ProbeSplit.of(groups, labels, 0.2, 0.2, 1).test();
        assertThat(ProbeSplit.of(groups, labels, 0.2, 0.2, 1).test()).isEqualTo(test);
        assertThat(ProbeSplit.of(groups, labels, 0.2, 0.2, 2).test()).isNotEqualTo(test);
    }

    @Test
    void tooFewGroupsAreAnError() {
        assertThatThrownBy(
                        () ->
                                ProbeSplit.of(
                                        List.of("a", "a", "b"), new int[] {0, 1, 0}, 0.2, 0.2, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 groups are too few");
    }

    @Test
    void aKeyHasOneControlLabel() {
        Random random = new Random(SEED);
        List<String> keys = random.ints(300, 0, 40).mapToObj(k -> "k" + k).toList();
        List<String> groups = IntStream.range(0, 300).mapToObj(i -> "g" + i).toList();
        int[] labels = random.ints(300, 0, 3).toArray();
        ProbeSplit split = ProbeSplit.of(groups, labels, 0.2, 0.2, 5);
        ControlTask control = ControlTask.of(keys, labels, split, 6);
        for (int i = 0; i < 300; i++) {
            assertThat(control.labels()[i]).isEqualTo(control.labels()[keys.indexOf(keys.get(i))]);
        }
        assertThat(control.keys()).isEqualTo(new HashSet<>(keys).size());
        Set<String> trained = groups(split.train(), keys);
        assertThat(control.keysSeen())
                .isEqualTo(
                        Arrays.stream(split.test())
                                        .mapToObj(keys::get)
                                        .filter(trained::contains)
                                        .count()
                                / 60.0);
        assertThat(control.labels()).isNotEqualTo(ControlTask.of(keys, labels, split, 7).labels());
    }

    @Test
    void oneKeyIsNoControlTask() {
        List<String> groups = IntStream.range(0, 30).mapToObj(i -> "g" + i).toList();
        int[] labels = IntStream.range(0, 30).map(i -> i % 2).toArray();
        ProbeSplit split = ProbeSplit.of(groups, labels, 0.2, 0.2, 5);
        List<String> keys = Collections.nCopies(30, "is");
        assertThatThrownBy(() -> ControlTask.of(keys, labels, split, 6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[is]")
                .hasMessageContaining("withKey");
    }

    private static Set<String> groups(int[] rows, List<String> of) {
        Set<String> out = new HashSet<>();
        for (int row : rows) {
            out.add(of.get(row));
        }
        return out;
    }
}
