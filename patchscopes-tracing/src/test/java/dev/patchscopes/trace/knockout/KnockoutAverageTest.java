package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.TraceModels;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Averages over facts are means of single knockouts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KnockoutAverageTest {
    private HookedModel model;
    private List<FactPrompt> facts;

    @BeforeAll
    void load() {
        model = TraceModels.exact(DemoModel.SMALL);
        facts = new ArrayList<>(GroundTruth.of(DemoModel.SMALL).knownPrompts().subList(0, 66));
    }

    @AfterAll
    void close() {
        model.close();
    }

    private int first(FactPrompt fact) {
        return AnswerCells.tokens(model, fact.answer()).get(0);
    }

    @Test
    void meansAreThoseOfSingleKnockouts() {
        List<FactPrompt> some = facts.subList(0, 6);
        AttentionKnockout plan = AttentionKnockout.of(model).window(2);
        KnockoutAverage average = plan.average(some);
        assertThat(average.facts()).hasSize(6);
        List<KnockoutResult> singles =
                some.stream().map(fact -> plan.fact(fact).answer(first(fact)).run()).toList();
        for (String group :
                List.of(AttentionKnockout.SUBJECT, AttentionKnockout.NON_SUBJECT_BUT_FIRST)) {
            for (int centre = 0; centre < model.layers(); centre++) {
                double sum = 0;
                for (KnockoutResult single : singles) {
                    sum += single.change(group, centre);
                }
                Estimate mean = average.change(group, centre);
                assertThat(mean.mean()).isCloseTo(sum / 6, within(1e-6));
                assertThat(mean.count()).isEqualTo(6);
                assertThat(mean.low()).isLessThanOrEqualTo(mean.mean());
            }
        }
    }

    @Test
    void factsTheModelDoesNotAnswerAreCountedAndLeftOut() {
        FactPrompt known = facts.get(0);
        List<FactPrompt> mixed = new ArrayList<>(facts.subList(0, 3));
        mixed.add(new FactPrompt(known.prompt(), known.span(), "zebra"));
        // the first token alone is not the answer
        mixed.add(new FactPrompt(known.prompt(), known.span(), known.answer() + " zebra zebra"));
        KnockoutAverage average = AttentionKnockout.of(model).window(1).average(mixed);
        assertThat(average.facts()).hasSize(3);
        assertThat(average.unknown()).isEqualTo(2);
        assertThat(average.toString()).contains("3 facts (2 not answered");
        assertThatThrownBy(() -> AttentionKnockout.of(model).average(mixed.subList(3, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("answers none of the 2 facts");
    }

    @Test
    void controlsAreAsLargeAsTheSubjectAndApartFromIt() {
        KnockoutAverage average = AttentionKnockout.of(model).window(1).seed(3).average(facts);
        int smaller = 0;
        int compared = 0;
        for (AveragedFact fact : average.facts()) {
            KnockoutCase c = fact.measured();
            List<Integer> control = c.curve(AttentionKnockout.RANDOM).edges().get(0).keys();
            List<Integer> subject = c.curve(AttentionKnockout.SUBJECT).edges().get(0).keys();
            int last = c.ids().size() - 1;
            int others = last - subject.size();
            assertThat(control)
                    .hasSize(Math.min(subject.size(), others))
                    .doesNotContain(last)
                    .doesNotContainAnyElementsOf(subject)
                    .doesNotHaveDuplicates();
            if (others > subject.size()) {
                assertThat(control).doesNotContain(0);
            }
            smaller += control.size() < subject.size() ? 1 : 0;
            compared += control.size() == subject.size() && !subject.contains(0) ? 1 : 0;
        }
        assertThat(average.withSmallerControl()).isEqualTo(smaller);
        assertThat(average.change(AttentionKnockout.RANDOM, 0).count())
                .isEqualTo(average.facts().size() - smaller);
        assertThat(average.subjectOverRandom(0).count()).isEqualTo(compared);
        // the seed draws them
        AttentionKnockout plan = AttentionKnockout.of(model).window(1);
        List<FactPrompt> some = facts.subList(0, 8);
        assertThat(plan.seed(3).average(some))
                .isEqualTo(plan.seed(3).average(some))
                .isNotEqualTo(plan.seed(4).average(some));
    }

    @Test
    void aSubjectWithTooFewOtherTokensGetsASmallerControl() {
        Groups none = new Groups(3, List.of(0, 1));
        assertThat(none.random(new Random(1)).edges().get(0).isEmpty()).isTrue();
        Groups first = new Groups(4, List.of(1, 2));
        assertThat(first.random(new Random(1)).edges().get(0).keys()).containsExactly(0);
        Groups enough = new Groups(5, List.of(1, 2));
        assertThat(enough.random(new Random(1)).edges().get(0).keys()).containsExactly(0, 3);
    }

    @Test
    void theContrastIsPairedFactByFact() {
        KnockoutAverage average = AttentionKnockout.of(model).average(facts.subList(0, 10));
        int centre = 1;
        double sum = 0;
        int count = 0;
        for (AveragedFact fact : average.facts()) {
            if (fact.hasFullControl() && !fact.hasFirstInSubject()) {
                KnockoutCase c = fact.measured();
                sum +=
                        (c.curve(AttentionKnockout.RANDOM).values().get(centre)
                                        - c.curve(AttentionKnockout.SUBJECT).values().get(centre))
                                / c.base()
                                * 100;
                count++;
            }
        }
        assertThat(average.subjectOverRandom(centre).mean()).isCloseTo(sum / count, within(1e-9));
    }

    @Test
    void groupsOfOnesOwnAreAveragedToo() {
        AttentionKnockout plan =
                AttentionKnockout.of(model)
                        .window(1)
                        .edges("before last", Positions.last(), Positions.at(-2));
        KnockoutAverage average = plan.average(facts.subList(0, 3));
        assertThat(average.groups()).endsWith("before last");
        KnockoutAverage naive = plan.execution(Execution.NAIVE).average(facts.subList(0, 3));
        assertThat(naive.change("before last", 1).mean())
                .isCloseTo(average.change("before last", 1).mean(), within(1e-7));
        assertThat(naive.change(AttentionKnockout.RANDOM, 1).mean())
                .isCloseTo(average.change(AttentionKnockout.RANDOM, 1).mean(), within(1e-7));
    }

    @Test
    void averagesAreWrittenAndRead() {
        List<Long> told = new ArrayList<>();
        KnockoutAverage average =
                AttentionKnockout.of(model)
                        .progress((done, total, time) -> told.add(done))
                        .average(facts.subList(0, 4));
        assertThat(told).containsExactly(1L, 2L, 3L, 4L);
        assertThat(KnockoutAverage.fromJson(average.toJson())).isEqualTo(average);
        assertThat(average.toCsv().split("\n"))
                .hasSize(1 + average.groups().size() * model.layers());
        assertThat(average.toString().split("\n")).hasSize(3 + average.groups().size());
        assertThatThrownBy(() -> average.change("subject", -1)).hasMessageContaining("block -1");
    }
}
