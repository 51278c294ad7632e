package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.TraceModels;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which facts a mean of given measurements is over. */
class KnockoutMeansTest {
    private static KnockoutProvenance provenance;

    @BeforeAll
    static void describe() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            provenance = AttentionKnockout.of(model).window(1).seed(5).sweep().settings();
        }
    }

    private static KnockoutCurve curve(String group, List<Integer> keys, double... values) {
        ImmutableList<Double> all =
                IntStream.range(0, provenance.layers())
                        .mapToObj(c -> values[Math.min(c, values.length - 1)])
                        .collect(ImmutableList.toImmutableList());
        return new KnockoutCurve(
                group, ImmutableList.of(KnockoutEdges.between(List.of(5), keys)), all);
    }

    /** A fact with a base of 1, so that changes are values less 1, in percent. */
    private static AveragedFact fact(String subject, KnockoutCurve... curves) {
        return new AveragedFact(
                FactPrompt.of("{} is", subject, "it"),
                new KnockoutCase(
                        "",
                        ImmutableList.of(),
                        ImmutableList.of(),
                        ImmutableList.of(),
                        ImmutableList.of(),
                        "it",
                        1,
                        ImmutableList.copyOf(curves)));
    }

    private static AveragedFact fact(
            String subject, List<Integer> tokens, double cut, List<Integer> control, double other) {
        return fact(
                subject,
                curve(AttentionKnockout.SUBJECT, tokens, cut),
                curve(
                        AttentionKnockout.SUBJECT_BUT_FIRST,
                        tokens.stream().filter(t -> t > 0).toList(),
                        cut),
                curve(AttentionKnockout.RANDOM, control, other));
    }

    private static KnockoutAverage average(AveragedFact... facts) {
        return new KnockoutAverage(provenance, ImmutableList.copyOf(facts), 0, 0);
    }

    @Test
    void smallerControlsAreNoControls() {
        KnockoutAverage r =
                average(
                        fact("Ann", List.of(1, 2), 0.2, List.of(3, 4), 0.5),
                        fact("Bob", List.of(1, 2), 0.4, List.of(3), 0.9));
        assertThat(r.change(AttentionKnockout.RANDOM, 0).count()).isEqualTo(1);
        assertThat(r.change(AttentionKnockout.RANDOM, 0).mean()).isCloseTo(-50, within(1e-12));
        assertThat(r.change(AttentionKnockout.SUBJECT, 0).mean()).isCloseTo(-70, within(1e-12));
        assertThat(r.withSmallerControl()).isEqualTo(1);
        assertThat(r.toString()).contains("1 with a smaller control");
    }

    @Test
    void subjectsWithTheFirstTokenAreNotComparedWithControlsThatAvoidIt() {
        KnockoutAverage r =
                average(
                        fact("Ann", List.of(1, 2), 0.2, List.of(3, 4), 0.5),
                        fact("Bob", List.of(0, 1), 0.0, List.of(3, 4), 0.5));
        assertThat(r.subjectOverRandom(0).count()).isEqualTo(1);
        assertThat(r.subjectOverRandom(0).mean()).isCloseTo(30, within(1e-12));
        assertThat(r.change(AttentionKnockout.SUBJECT, 0).count()).isEqualTo(2);
        assertThat(r.withFirstInSubject()).isEqualTo(1);
        assertThat(r.toString()).contains("1 with the first token in the subject");
    }

    @Test
    void theStrongestBlockIsChosenOnOneHalfAndMeasuredOnTheOther() {
        List<String> names = List.of("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay");
        Set<String> half = HitTable.half(names, 5);
        // half of them prefers block 0; the others, and the mean of all, block 1
        KnockoutAverage r =
                average(
                        names.stream()
                                .flatMap(name -> Stream.of(name, name))
                                .map(
                                        name ->
                                                half.contains(name)
                                                        ? strong(name, 0.2, 0.5)
                                                        : strong(name, 0.9, 0.1))
                                .toArray(AveragedFact[]::new));
        assertThat(r.change(AttentionKnockout.SUBJECT, 1).mean())
                .isLessThan(r.change(AttentionKnockout.SUBJECT, 0).mean());
        HeldOutBlock block = r.strongest(AttentionKnockout.SUBJECT).orElseThrow();
        assertThat(block.centre()).isZero();
        assertThat(block.dev().mean()).isCloseTo(-80, within(1e-9));
        assertThat(block.test().mean()).isCloseTo(-10, within(1e-9));
        assertThat(block.test().count()).isEqualTo(6);
        assertThat(block.random().mean()).isCloseTo(-5, within(1e-9));
        assertThat(block.subjectOverRandom().mean()).isCloseTo(5, within(1e-9));
        assertThat(block.toString()).startsWith("subject around block 0: -10");
    }

    private static AveragedFact strong(String name, double first, double then) {
        return fact(
                name,
                curve(AttentionKnockout.SUBJECT, List.of(1), first, then),
                curve(AttentionKnockout.SUBJECT_BUT_FIRST, List.of(1), first, then),
                curve(AttentionKnockout.RANDOM, List.of(2), 0.95));
    }

    @Test
    void withoutEdgesOrASecondSubjectThereIsNoStrongestBlock() {
        AveragedFact ann = fact("Ann", List.of(1), 0.2, List.of(3), 0.5);
        assertThat(average(ann, ann).strongest(AttentionKnockout.SUBJECT)).isEmpty();
        KnockoutAverage none =
                average(
                        fact("Ann", List.of(), 1, List.of(), 1),
                        fact("Bob", List.of(), 1, List.of(), 1));
        assertThat(none.strongest(AttentionKnockout.SUBJECT)).isEmpty();
        assertThatThrownBy(() -> none.strongest("sink")).hasMessageContaining("\"sink\"");
    }
}
