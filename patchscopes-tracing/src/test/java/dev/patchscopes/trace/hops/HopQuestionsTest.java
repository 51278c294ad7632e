package dev.patchscopes.trace.hops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.text.CharSpan;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HopQuestionsTest {

    private static Relation relation(String name, String type, String template, String... pairs) {
        ImmutableList.Builder<Relation.Sample> samples = ImmutableList.builder();
        for (int i = 0; i < pairs.length; i += 2) {
            samples.add(Relation.Sample.of(pairs[i], pairs[i + 1]));
        }
        return new Relation(
                name,
                Optional.empty(),
                ImmutableList.of(template),
                ImmutableList.of(),
                new Relation.Properties(type, "a", "b", false),
                samples.build());
    }

    private static final Relation MAKER =
            relation(
                    "product by company",
                    "factual",
                    "{} was created by",
                    "Visual Basic",
                    "Microsoft",
                    "iPod",
                    "Apple",
                    "Walkman",
                    "Sony",
                    "Walkman",
                    "Sony");
    private static final Relation CEO =
            relation(
                    "company CEO",
                    "factual",
                    "The CEO of {} is",
                    "Microsoft",
                    "Satya Nadella",
                    "Sony",
                    "Kenichiro Yoshida",
                    "Sony",
                    "Hiroki Totoki",
                    "sony",
                    "nobody");
    private static final Relation KIND =
            relation(
                    "object superclass",
                    "commonsense",
                    "A {} is a",
                    "bass",
                    "fish",
                    "fish",
                    "fish");

    /** Samples that a file has twice, and pairs that lead back, count as the paper counts them. */
    @Test
    void joinsObjectsWithEqualSubjects() {
        List<HopQuestion> joined = HopQuestions.join(List.of(MAKER, CEO, KIND));

        assertThat(joined)
                .extracting(q -> q.subject() + " > " + q.bridge() + " > " + q.second().object())
                .containsExactly(
                        "Visual Basic > Microsoft > Satya Nadella",
                        "Walkman > Sony > Kenichiro Yoshida",
                        "Walkman > Sony > Hiroki Totoki",
                        "Walkman > Sony > Kenichiro Yoshida",
                        "Walkman > Sony > Hiroki Totoki",
                        "bass > fish > fish",
                        "fish > fish > fish");
        HopQuestion first = joined.get(0);
        assertThat(first.relations()).isEqualTo("product by company, company CEO");
        assertThat(first.firstPrompt()).isEqualTo("Visual Basic was created by");
        assertThat(first.source()).isEqualTo("the company that created Visual Basic");
        assertThat(first.target()).isEqualTo(TargetPrompt.of("The CEO of x", "x"));
        assertThat(first.secondPrompt()).isEqualTo("The CEO of Microsoft");
        assertThat(first.question()).isEqualTo("The CEO of the company that created Visual Basic");
        assertThat(first.hop().of(first.question())).isEqualTo(first.source());
        assertThat(first.withAnsweredHop().source())
                .isEqualTo("Visual Basic was created by Microsoft");
        assertThat(HopQuestions.join(List.of(MAKER.mergedBySubject(), CEO.mergedBySubject())))
                .hasSize(2);
    }

    @Test
    void leavesOutWhatThePapersPairsDoWithout() {
        Relation letters = relation("word first letter", "linguistic", "{} begins with", "a", "b");
        Relation landmark = relation("landmark in country", "factual", "{} is in", "a", "b");

        assertThat(HopQuestions.ofPaper(List.of(letters, MAKER, landmark, KIND)))
                .containsExactly(MAKER, KIND);
    }

    @Test
    void aFilesPhraseComesFirstAndAMissingOneIsNamed() {
        Relation own =
                new Relation(
                        "company CEO",
                        Optional.of("the boss of {}"),
                        ImmutableList.of(),
                        CEO.promptTemplates(),
                        CEO.properties(),
                        CEO.samples());
        assertThat(HopQuestions.join(List.of(MAKER, own)).get(0).question())
                .isEqualTo("The boss of the company that created Visual Basic");

        Relation unknown = relation("rivals", "factual", "{} fights", "a", "b", "b", "c");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HopQuestions.join(List.of(unknown)))
                .withMessageContaining("the relation \"rivals\" has no phrase");
        Relation mute =
                new Relation(
                        "company CEO",
                        Optional.empty(),
                        ImmutableList.of(),
                        ImmutableList.of(),
                        CEO.properties(),
                        ImmutableList.of(
                                Relation.Sample.of("a", "b"), Relation.Sample.of("b", "c")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HopQuestions.join(List.of(mute)))
                .withMessageContaining("has no prompt template");
    }

    @Test
    void takesTaughtQuestionsApart() {
        GroundTruth truth = GroundTruth.of(DemoModel.STANDARD);
        List<HopQuestion> questions = HopQuestions.of(truth);

        assertThat(questions).hasSameSizeAs(truth.twoHop());
        for (int i = 0; i < questions.size(); i++) {
            HopQuestion question = questions.get(i);
            GroundTruth.TwoHop hops = truth.twoHop().get(i);
            assertThat(question.question()).isEqualTo(hops.direct().prompt());
            assertThat(question.firstPrompt()).isEqualTo(hops.first().prompt());
            assertThat(question.secondPrompt()).isEqualTo(hops.second().prompt());
            assertThat(question.second().object()).isEqualTo(hops.second().answer());
            assertThat(question.hop().of(question.question())).isEqualTo(question.source());
        }
    }

    @Test
    void aTargetWithoutPlaceholderHasItsSubjectBehindIt() {
        HopQuestion question =
                HopQuestion.of(
                        "r",
                        Relation.Sample.of("Visual Basic", "Microsoft"),
                        Relation.Sample.of("Microsoft", "Satya Nadella"),
                        "Visual Basic was created by",
                        "the company that created Visual Basic",
                        TargetPrompt.of("The current CEO of"));

        assertThat(question.question())
                .isEqualTo("The current CEO of the company that created Visual Basic");
        assertThat(question.secondPrompt()).isEqualTo("The current CEO of Microsoft");
        assertThat(question)
                .hasToString(
                        "The current CEO of [the company that created Visual Basic] ... Microsoft ... Satya Nadella");
    }

    @Test
    void refusesWhatIsNoTwoHopQuestion() {
        HopQuestion question = PlantedHops.question("Tokyo");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                HopQuestion.of(
                                        "r",
                                        Relation.Sample.of("a", "b"),
                                        Relation.Sample.of("c", "d"),
                                        "a",
                                        "a",
                                        TargetPrompt.of("t")))
                .withMessageContaining("a -> b does not lead to c -> d");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> question.withSource(" "))
                .withMessage("the source prompt is blank");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new HopQuestion(
                                        "r",
                                        question.first(),
                                        question.second(),
                                        "a",
                                        "a",
                                        question.target(),
                                        "short",
                                        new CharSpan(2, 9)))
                .withMessageContaining(
                        "characters 2..9 of hop 1 are none of \"short\", which has 5");
    }
}
