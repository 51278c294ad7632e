package dev.patchscopes.trace.hops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How far the paper's self-correction goes in the bundled model: to a second hop that is read from
 * a representation, but not to a first hop that the phrase does not resolve.
 */
@Tag("trained")
class MultiHopTrainedTest {
    private static final GroundTruth TRUTH = GroundTruth.of(DemoModel.STANDARD);

    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = HookedModel.demo();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<HopQuestion> questions(Predicate<GroundTruth.TwoHop> kept, int every) {
        List<GroundTruth.TwoHop> all = TRUTH.twoHop().stream().filter(kept).toList();
        return IntStream.range(0, all.size())
                .filter(i -> i % every == 0)
                .mapToObj(i -> HopQuestions.of(TRUTH, all.get(i)))
                .toList();
    }

    private static MultiHopReport run(List<HopQuestion> questions, boolean onlyFailing) {
        MultiHop hops =
                MultiHop.of(model)
                        .questions(questions)
                        .layers(Layers.at(1, 3), Layers.at(0, 2))
                        .maxNewTokens(5)
                        .maxDirectTokens(5)
                        .seed(42);
        return (onlyFailing ? hops.onlyFailing() : hops).run();
    }

    /** On questions it was not trained on; asked directly, it answers more of them still. */
    @Test
    void thePhraseOfHop1AnswersWhatRandomVectorsDoNot() {
        MultiHopReport report = run(questions(hops -> !hops.trained(), 8), false);

        assertThat(report.counted(Scoring.STRICT)).hasSizeGreaterThan(50);
        assertThat(report.heldOutCell().strict().test().share()).isGreaterThan(0.4);
        assertThat(report.unpatched().strict().share()).isLessThan(0.1);
        // Intervals that leave zero out, on the half that had no part in the choice.
        assertThat(report.overRandom().strict().low()).isPositive();
        assertThat(report.overUnpatched().strict().low()).isPositive();
        assertThat(report.overDirect().strict().high()).isNegative();
    }

    /** Of questions it fails directly, with hop 1 asked and answered in the source prompt. */
    @Test
    void anAnsweredHop1AnswersFailedQuestions() {
        MultiHopReport report =
                run(
                        questions(GroundTruth.TwoHop::failsDirectly, 1).stream()
                                .map(HopQuestion::withAnsweredHop)
                                .toList(),
                        true);

        assertThat(report.counted(Scoring.STRICT)).hasSizeGreaterThan(40);
        assertThat(report.direct().strict().hits()).isZero(); // by choice
        assertThat(report.heldOutCell().strict().test().share()).isGreaterThan(0.8);
        assertThat(report.overDirect().strict().low()).isGreaterThan(0.5);
        assertThat(report.overRandom().strict().low()).isGreaterThan(0.5);
        assertThat(report.overStepByStep().strict().low()).isGreaterThan(0.5);
    }

    /** The paper's claim, not borne out by so small a model: a random vector does as well. */
    @Test
    void thePhraseOfHop1DoesNotAnswerFailedQuestions() {
        MultiHopReport report = run(questions(GroundTruth.TwoHop::failsDirectly, 1), true);

        assertThat(report.heldOutCell().strict().test().share()).isLessThan(0.3);
        assertThat(report.overRandom().strict().low()).isNotPositive();
    }
}
