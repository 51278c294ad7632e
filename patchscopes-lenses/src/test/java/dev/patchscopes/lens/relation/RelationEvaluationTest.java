package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.Layers;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What an evaluation promises for any model: who sees what, and that its numbers are its parts'.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RelationEvaluationTest {
    private static final int SUBJECTS = 20;

    private HookedModel model;
    private RelationReport report;
    private final List<long[]> parts = new ArrayList<>();

    @BeforeAll
    void run() {
        model = Capitals.exactModel();
        report =
                evaluation(Capitals.first(SUBJECTS))
                        .progress((done, total, elapsed) -> parts.add(new long[] {done, total}))
                        .run();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private RelationEvaluation evaluation(Relation relation) {
        return RelationEvaluation.of(model)
                .relation(relation)
                .examples(3)
                .layers(Layers.at(0, 2))
                .editLayers(Layers.at(1))
                .betas(1, 2.25)
                .ranks(4, 16, 500)
                .trials(2)
                .seed(42);
    }

    private Set<String> testHalf(int trial) {
        return report.predictions().stream()
                .filter(p -> p.trial() == trial)
                .filter(p -> p.method() == FaithfulnessMethod.LANGUAGE_MODEL)
                .map(PredictionOutcome::subject)
                .collect(Collectors.toSet());
    }

    @Test
    void choicesDoNotSeeTheTestHalf() {
        Set<String> test = testHalf(0);
        Relation relation = Capitals.first(SUBJECTS);
        ImmutableList<Relation.Sample> changed =
                relation.samples().stream()
                        .map(
                                s ->
                                        test.contains(s.subject())
                                                ? Relation.Sample.of(s.subject(), "banana")
                                                : s)
                        .collect(ImmutableList.toImmutableList());
        RelationReport other = evaluation(relation.with(changed)).trials(1).run();
        RelationTrial before = report.trials().get(0);
        RelationTrial after = other.trials().get(0);
        assertThat(after.testKnown()).isZero();
        assertThat(before.testKnown()).isPositive();
        assertThat(after)
                .isEqualTo(
                        new RelationTrial(
                                before.seed(),
                                before.examples(),
                                before.validation(),
                                before.validationKnown(),
                                before.test(),
                                0,
                                before.layer(),
                                before.beta(),
                                before.editLayer(),
                                before.editRank()));
    }

    @Test
    void choicesDoSeeTheValidationHalf() {
        Set<String> test = testHalf(0);
        Set<String> examples =
                report.trials().get(0).examples().stream()
                        .map(Relation.Sample::subject)
                        .collect(Collectors.toSet());
        Relation relation = Capitals.first(SUBJECTS);
        Relation changed =
                relation.with(
                        relation.samples().stream()
                                .map(
                                        s ->
                                                test.contains(s.subject())
                                                                || examples.contains(s.subject())
                                                        ? s
                                                        : Relation.Sample.of(s.subject(), "banana"))
                                .toList());
        assertThatThrownBy(() -> evaluation(changed).run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("answers none of the");
    }

    @Test
    void examplesAndHalvesShareNoSubject() {
        for (int trial = 0; trial < 2; trial++) {
            RelationTrial t = report.trials().get(trial);
            Set<String> test = testHalf(trial);
            assertThat(t.examples()).hasSize(3).noneMatch(e -> test.contains(e.subject()));
            assertThat(test).hasSize(t.test());
            assertThat(3 + t.validation() + t.test()).isEqualTo(SUBJECTS);
        }
        assertThat(report.trials().get(0).examples())
                .isNotEqualTo(report.trials().get(1).examples());
    }

    @Test
    void theLinearRelationOfAReportIsTheOneItCanBeFittedAs() {
        for (int trial = 0; trial < 2; trial++) {
            RelationTrial chosen = report.trials().get(trial);
            LinearRelation lre = fit(chosen, chosen.layer(), chosen.beta());
            for (PredictionOutcome outcome :
                    predictions(trial, FaithfulnessMethod.LINEAR_RELATION)) {
                var top = lre.predict(outcome.subject()).top(3);
                for (int i = 0; i < 3; i++) {
                    assertThat(outcome.top().get(i).id()).isEqualTo(top.get(i).id());
                    assertThat(outcome.top().get(i).probability())
                            .isCloseTo(top.get(i).probability(), within(1e-9));
                }
            }
        }
    }

    @Test
    void theEditsOfAReportAreThoseThatCanBeMade() {
        RelationTrial chosen = report.trials().get(0);
        RelationEdit edit = fit(chosen, chosen.editLayer(), 1).edit(chosen.editRank());
        List<EditOutcome> outcomes = edits(0, EditMethod.LINEAR_RELATION);
        assertThat(outcomes).isNotEmpty();
        for (EditOutcome outcome : outcomes) {
            assertThat(outcome.rank()).isEqualTo(chosen.editRank());
            EditResult result = edit.run(outcome.subject(), outcome.targetSubject());
            assertThat(outcome.top().id()).isEqualTo(result.top().get(0).id());
            assertThat(outcome.top().probability())
                    .isCloseTo(result.top().get(0).probability(), within(1e-8));
            assertThat(outcome.targetProbability())
                    .isCloseTo(result.after().get(1).probability(), within(1e-8));
            assertThat(outcome.originalProbability())
                    .isCloseTo(result.after().get(0).probability(), within(1e-8));
        }
    }

    private LinearRelation fit(RelationTrial trial, int layer, double beta) {
        return LinearRelation.of(model)
                .relation(Capitals.relation())
                .examples(trial.examples())
                .layer(layer)
                .beta(beta)
                .fit();
    }

    private List<PredictionOutcome> predictions(int trial, FaithfulnessMethod method) {
        return report.predictions().stream()
                .filter(p -> p.trial() == trial && p.method() == method)
                .toList();
    }

    private List<EditOutcome> edits(int trial, EditMethod method) {
        return report.edits().stream()
                .filter(e -> e.trial() == trial && e.method() == method)
                .toList();
    }

    @Test
    void everyMethodIsTriedOnTheSameSubjects() {
        Set<String> known =
                predictions(0, FaithfulnessMethod.LANGUAGE_MODEL).stream()
                        .filter(p -> p.isRight(AnswerRule.PREFIX, 1))
                        .map(PredictionOutcome::subject)
                        .collect(Collectors.toSet());
        for (FaithfulnessMethod method : FaithfulnessMethod.values()) {
            Set<String> subjects =
                    predictions(0, method).stream()
                            .map(PredictionOutcome::subject)
                            .collect(Collectors.toSet());
            assertThat(subjects)
                    .as("%s", method)
                    .isEqualTo(method.name().startsWith("LANGUAGE_MODEL") ? testHalf(0) : known);
        }
        for (EditMethod method : EditMethod.values()) {
            for (EditOutcome outcome : edits(0, method)) {
                assertThat(known).contains(outcome.subject(), outcome.targetSubject());
                assertThat(outcome.object()).isNotEqualTo(outcome.target());
            }
            assertThat(edits(0, method))
                    .extracting(EditOutcome::subject, EditOutcome::targetSubject)
                    .isEqualTo(
                            edits(0, EditMethod.LINEAR_RELATION).stream()
                                    .map(e -> Tuple.tuple(e.subject(), e.targetSubject()))
                                    .toList());
        }
    }

    @Test
    void substitutingASubjectAtTheEmbeddingGivesItsAnswer() {
        RelationReport own =
                evaluation(Capitals.first(SUBJECTS)).editLayers(Layers.at(0)).trials(1).run();
        // At layer 0 a subject of one token, in one place of equal prompts, is all that differs.
        RelationContext context =
                new RelationContext(
                        own.provenance().settings().template(), "", own.trials().get(0).examples());
        int checked = 0;
        for (EditOutcome outcome : own.edits()) {
            RelationPrompt from = context.ask(model, outcome.subject());
            RelationPrompt to = context.ask(model, outcome.targetSubject());
            if (outcome.method() == EditMethod.SUBSTITUTE_SUBJECT
                    && from.tokens().length() == to.tokens().length()
                    && differences(from, to) == 1) {
                assertThat(outcome.prefixRight()).isTrue();
                checked++;
            }
        }
        assertThat(checked).isPositive();
    }

    private static long differences(RelationPrompt a, RelationPrompt b) {
        return IntStream.range(0, a.tokens().length())
                .filter(i -> a.tokens().ids().get(i) != b.tokens().ids().get(i))
                .count();
    }

    @Test
    void ratesCountOutcomes() {
        List<PredictionOutcome> all =
                new ArrayList<>(predictions(0, FaithfulnessMethod.TRANSLATION));
        all.addAll(predictions(1, FaithfulnessMethod.TRANSLATION));
        Rate rate = report.recall(FaithfulnessMethod.TRANSLATION, AnswerRule.FIRST_TOKEN, 2);
        assertThat(rate.outcomes()).isEqualTo(all.size());
        assertThat(rate.hits())
                .isEqualTo(
                        (int)
                                all.stream()
                                        .filter(
                                                p ->
                                                        p.firstTokenPlace() == 1
                                                                || p.firstTokenPlace() == 2)
                                        .count());
        assertThat(rate.subjects())
                .isEqualTo((int) all.stream().map(PredictionOutcome::subject).distinct().count());
        assertThat(report.causality())
                .isEqualTo(report.edited(EditMethod.LINEAR_RELATION, EditSuccess.TOP_BY_PREFIX));
    }

    @Test
    void theSameSeedGivesTheSameReport() {
        RelationReport again = evaluation(Capitals.first(SUBJECTS)).trials(1).run();
        assertThat(again.trials()).containsExactly(report.trials().get(0));
        assertThat(again.predictions())
                .isEqualTo(report.predictions().stream().filter(p -> p.trial() == 0).toList());
        assertThat(again.edits())
                .isEqualTo(report.edits().stream().filter(e -> e.trial() == 0).toList());
    }

    @Test
    void aReportRoundTripsThroughJson() {
        assertThat(RelationReport.fromJson(report.toJson())).isEqualTo(report);
        assertThatThrownBy(
                        () ->
                                RelationReport.fromJson(
                                        report.toJson()
                                                .replace("\"sha256\"", "\"seal\"")
                                                .replace("\"trials\": [", "\"trails\": [")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"trials\" is missing");
        assertThatThrownBy(() -> RelationReport.fromJson("{"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aTableHasALineForEachRate() {
        List<String> lines = report.toCsv().lines().toList();
        assertThat(lines)
                .hasSize(
                        1
                                + FaithfulnessMethod.values().length * 2 * 3
                                + EditMethod.values().length * 3)
                .allSatisfy(line -> assertThat(line.split(",", -1)).hasSize(11));
        Rate rate = report.faithfulness();
        assertThat(lines)
                .anySatisfy(
                        line ->
                                assertThat(line)
                                        .contains(",linear_relation,recall@1_prefix,")
                                        .endsWith(
                                                ",%d,%d,%d"
                                                        .formatted(
                                                                rate.hits(),
                                                                rate.outcomes(),
                                                                rate.subjects())));
        assertThat(report.toString()).contains("faithfulness " + rate).doesNotContain("\n");
    }

    @Test
    void partsAreCountedToTheLast() {
        long total = parts.get(0)[1];
        assertThat(parts).hasSize((int) total);
        for (int i = 0; i < parts.size(); i++) {
            assertThat(parts.get(i)).containsExactly(i + 1, total);
        }
    }

    @Test
    void aListenerCanStopIt() {
        assertThatThrownBy(
                        () ->
                                evaluation(Capitals.first(SUBJECTS))
                                        .progress(new StopAfter(12))
                                        .run())
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("12 of");
    }

    @Test
    void whatCannotBeEvaluatedIsSaid() {
        RelationEvaluation bare = RelationEvaluation.of(model);
        assertThat(bare.relation(Capitals.relation()).trials(7).toString()).contains("7 trials");
        assertThat(bare.toString()).contains("?, 3 trials"); // choices are made in a copy
        assertThatThrownBy(bare::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".relation(relation)");
        assertThatThrownBy(() -> RelationEvaluation.of(model).ridges(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[0.0]");
        assertThatThrownBy(() -> RelationEvaluation.of(model).betas(1, Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> RelationEvaluation.of(model).ranks(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[0]");
        assertThatThrownBy(() -> evaluation(Capitals.first(4)).run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4 subjects");
        assertThatThrownBy(() -> evaluation(Capitals.first(SUBJECTS)).layers(Layers.at(9)).run())
                .isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(
                        () ->
                                evaluation(Capitals.first(SUBJECTS))
                                        .editLayers(Layers.at(model.layers()))
                                        .run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("W is zero");
    }

    /** Subjects of these objects, none of which was read. */
    private List<KnownSubject> of(String... objects) {
        SubjectStates none =
                SubjectStates.read(
                                model,
                                new RelationContext("{} is", "", ImmutableList.of())
                                        .ask(model, "Japan"),
                                ImmutableSet.of(0))
                        .states();
        List<KnownSubject> subjects = new ArrayList<>();
        for (String object : objects) {
            Relation.Sample sample = Relation.Sample.of("subject " + subjects.size(), object);
            subjects.add(
                    new KnownSubject(
                            sample, none, AnswerKey.of(model, none.prompt().tokens(), sample)));
        }
        return subjects;
    }

    @Test
    void theControlsSubjectIsNeitherTheSourceNorOfTheTargetsObject() {
        List<KnownSubject> two = of("France", "France", "France", "Japan", "Japan", "Japan");
        Set<KnownSubject> others = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            List<EditPair> pairs = EditPair.draw(two, new Random(seed));
            assertThat(pairs).hasSize(6);
            for (EditPair pair : pairs) {
                KnownSubject other = pair.other().orElseThrow();
                assertThat(other).isNotEqualTo(pair.target()).isNotEqualTo(pair.source());
                assertThat(other.sample().object())
                        .isEqualTo(pair.source().sample().object())
                        .isNotEqualTo(pair.target().sample().object());
                others.add(other);
            }
        }
        assertThat(others).hasSize(6);
    }

    @Test
    void withoutAThirdSubjectThereIsNoControl() {
        assertThat(EditPair.draw(of("France", "Japan"), new Random(0)))
                .hasSize(2)
                .allSatisfy(pair -> assertThat(pair.other()).isEmpty());
        // The one of France has others of Japan alone, each a target's equal.
        List<EditPair> pairs = EditPair.draw(of("France", "Japan", "Japan"), new Random(0));
        assertThat(pairs.get(0).other()).isEmpty();
        assertThat(pairs.get(1).other()).map(other -> other.sample().object()).hasValue("Japan");
    }

    @Test
    void pairsWithoutAControlHaveAllOtherOutcomes() {
        // A test half of two known subjects, while the validation half has what it had.
        RelationReport two = withKnown(testHalf(0), 2);
        assertThat(two.trials().get(0).testKnown()).isEqualTo(2);
        for (EditMethod method : EditMethod.values()) {
            assertThat(two.edits().stream().filter(e -> e.method() == method))
                    .as("%s", method)
                    .hasSize(method == EditMethod.RANDOM_SUBJECT ? 0 : 2);
        }
        assertThat(two.edited(EditMethod.RANDOM_SUBJECT, EditSuccess.TOP_BY_PREFIX).outcomes())
                .isZero();
    }

    @Test
    void withoutPairsToChooseByThereAreNoEdits() {
        Set<String> validation =
                Capitals.first(SUBJECTS).samples().stream()
                        .map(Relation.Sample::subject)
                        .collect(Collectors.toSet());
        validation.removeAll(testHalf(0));
        report.trials().get(0).examples().forEach(e -> validation.remove(e.subject()));
        RelationReport one = withKnown(validation, 1);
        RelationTrial trial = one.trials().get(0);
        assertThat(trial.validationKnown()).isEqualTo(1);
        assertThat(trial.hasEdits()).isFalse();
        assertThat(trial.editLayer()).isEqualTo(-1);
        assertThat(trial.editRank()).isZero();
        assertThat(trial.toString()).contains("no edits").doesNotContain("-1");
        assertThat(one.edits()).isEmpty();
        assertThat(one.causality().outcomes()).isZero();
        assertThat(one.faithfulness().outcomes()).isPositive(); // predictions go on
        assertThat(RelationReport.fromJson(one.toJson())).isEqualTo(one);
        assertThat(one.toCsv()).contains(",linear_relation,top_by_prefix,");
        assertThat(report.trials()).allMatch(RelationTrial::hasEdits);
    }

    /** The first trial, with all but some known subjects of a half given an object of no sense. */
    private RelationReport withKnown(Set<String> half, int known) {
        RelationContext context =
                new RelationContext(
                        report.provenance().settings().template(),
                        "",
                        report.trials().get(0).examples());
        List<Relation.Sample> samples = new ArrayList<>();
        int kept = 0;
        for (Relation.Sample sample : Capitals.first(SUBJECTS).samples()) {
            if (!half.contains(sample.subject())) {
                samples.add(sample);
                continue;
            }
            RelationPrompt prompt = context.ask(model, sample.subject());
            boolean right =
                    AnswerKey.of(model, prompt.tokens(), sample)
                            .score(model.run(prompt.tokens()).execute().next())
                            .isRight();
            if (right && kept < known) {
                kept++;
                samples.add(sample);
            } else {
                samples.add(Relation.Sample.of(sample.subject(), "banana"));
            }
        }
        return evaluation(Capitals.relation().with(samples)).trials(1).run();
    }

    @Test
    void targetsBeginWithAnotherToken() {
        List<KnownSubject> alike = of("the sea", "the sky", "France");
        for (int seed = 0; seed < 20; seed++) {
            List<EditPair> pairs = EditPair.draw(alike, new Random(seed));
            assertThat(pairs).hasSize(3);
            assertThat(pairs.get(0).target().sample().object()).isEqualTo("France");
            assertThat(pairs.get(1).target().sample().object()).isEqualTo("France");
        }
        assertThat(EditPair.draw(alike.subList(0, 2), new Random(0))).isEmpty();
    }
}
