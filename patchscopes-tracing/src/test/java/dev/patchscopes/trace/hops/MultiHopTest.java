package dev.patchscopes.trace.hops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Identities that hold for any weights, on a model with a tokenizer. */
class MultiHopTest {
    private static final int[] LAYERS = {1, 4};
    private static final Layers SOME = Layers.at(LAYERS);

    private static HookedModel model;
    private static ImmutableList<HopQuestion> questions;

    @BeforeAll
    static void load() {
        model = TraceModels.exact(DemoModel.SMALL);
        questions = HopQuestions.of(GroundTruth.of(DemoModel.SMALL)).subList(1, 3);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static MultiHop some() {
        return MultiHop.of(model)
                .questions(questions)
                .layers(SOME, SOME)
                .maxNewTokens(4)
                .maxDirectTokens(6)
                .seed(5)
                .countAll();
    }

    @ParameterizedTest
    @EnumSource
    void eachCellIsThePatchscopeByItself(HopForm form) {
        MultiHop hops = some().form(form);
        MultiHopReport report = hops.run();

        for (HopReading reading : report.questions()) {
            int cell = 0;
            for (int l : LAYERS) {
                for (int to : LAYERS) {
                    PatchscopeResult alone = hops.asPatchscope(reading.question(), l, to).run();
                    assertSameAnswer(reading.patched().get(cell++), alone.text(), reading);
                    assertSameAnswer(reading.unpatched(), alone.unpatched().text(), reading);
                }
            }
        }
    }

    /** The whole answer, or its beginning up to where the object has been found for good. */
    private static void assertSameAnswer(String answer, String whole, HopReading reading) {
        assertThat(whole).as("%s", reading.question()).startsWith(answer);
        if (!Scoring.isFound(answer, reading.question().second())) {
            assertThat(answer).as("%s", reading.question()).isEqualTo(whole);
        }
    }

    @Test
    void isAskedWithoutAPatchToo() {
        for (HopReading reading : some().run().questions()) {
            HopQuestion question = reading.question();
            assertThat(reading.firstHop()).isEqualTo(text(question.firstPrompt()));
            assertThat(reading.secondHop()).isEqualTo(text(question.secondPrompt()));
            assertThat(reading.direct()).isEqualTo(text(question.question()));
            assertThat(reading.stepByStep())
                    .isEqualTo(text("Let's think step by step. " + question.question()));
        }
    }

    private static String text(String prompt) {
        return model.generate(prompt, 6).text();
    }

    /** A vector that is written where it was read changes nothing. */
    @Test
    void backPatchingToItsOwnLayerIsTheDirectQuestion() {
        for (HopReading reading : some().form(HopForm.BACK_PATCHING).run().questions()) {
            for (int same : new int[] {0, 3}) {
                assertSameAnswer(reading.patched().get(same), reading.direct(), reading);
            }
        }
    }

    /** Layer 0 of a token is its embedding: in place of x it is the second hop, asked outright. */
    @Test
    void theEmbeddingOfTheBridgeAsksTheSecondHop() {
        List<HopQuestion> named =
                HopQuestions.of(GroundTruth.of(DemoModel.SMALL)).stream()
                        .filter(q -> isOneToken(q.bridge()))
                        .limit(2)
                        .map(q -> q.withSource("a week in " + q.bridge()))
                        .toList();
        assertThat(named).hasSize(2);
        MultiHopReport report =
                some().questions(named).layers(Layers.at(0), Layers.at(0)).maxNewTokens(6).run();
        for (HopReading reading : report.questions()) {
            assertThat(reading.patched().get(0)).isNotEqualTo(reading.unpatched());
            assertThat(reading.secondHop())
                    .as("%s", reading.question())
                    .startsWith(reading.patched().get(0));
        }
    }

    private static boolean isOneToken(String word) {
        return model.tokenizer().tokenize(" " + word, false).length() == 1;
    }

    @Test
    void eachFormReadsAndWritesWhereItSays() {
        HopQuestion question = questions.get(0);
        String hop = question.hop().of(question.question());

        HopTokens two = HopTokens.of(model, HopForm.TWO_PROMPTS, question);
        assertThat(two.source().text()).isEqualTo(hop);
        assertThat(two.read()).isEqualTo(two.source().length() - 1);
        assertThat(two.target().token(two.written()).piece().strip()).isEqualTo("x");

        HopTokens one = HopTokens.of(model, HopForm.ONE_PROMPT, question);
        assertThat(one.source().text()).isEqualTo(question.question());
        assertThat(one.target()).isEqualTo(one.source());
        assertThat(Positions.lastTokenOf(hop).resolve(one.source()).asList())
                .containsExactly(one.read());
        assertThat(Positions.firstTokenOf(hop).resolve(one.source()).asList())
                .containsExactly(one.written() + 1);

        HopTokens back = HopTokens.of(model, HopForm.BACK_PATCHING, question);
        assertThat(back.read()).isEqualTo(one.read());
        assertThat(back.written()).isEqualTo(one.read());

        HopTokens last =
                HopTokens.of(
                        model,
                        HopForm.TWO_PROMPTS,
                        question.withTarget(TargetPrompt.of("The currency of")));
        assertThat(last.written()).isEqualTo(last.target().length() - 1);
    }

    @Test
    void onePromptNeedsATokenBeforeHop1() {
        HopQuestion first = questions.get(0);
        HopQuestion leading =
                new HopQuestion(
                        "r",
                        first.first(),
                        first.second(),
                        first.firstPrompt(),
                        first.source(),
                        first.target(),
                        "Tokyo's country has the currency",
                        new CharSpan(0, 15));
        assertThatThrownBy(() -> some().form(HopForm.ONE_PROMPT).questions(List.of(leading)).run())
                .isInstanceOf(PositionException.class)
                .hasMessageContaining("no token of the question comes before hop 1")
                .hasMessageContaining("TWO_PROMPTS");
    }

    /** Of a question that counts nowhere no cell is computed. */
    @Test
    void onlyQuestionsWithKnownHopsCount() {
        HopQuestion unknowable =
                HopQuestion.of(
                        "r",
                        Relation.Sample.of("x", "Zzyzx"),
                        Relation.Sample.of("Zzyzx", "Qwghlm"),
                        "The country of x is",
                        "the country of x",
                        TargetPrompt.of("The currency of x is the", "x"));
        MultiHop hops =
                MultiHop.of(model)
                        .layers(Layers.at(2), Layers.at(2))
                        .maxNewTokens(2)
                        .maxDirectTokens(4);
        MultiHopReport report =
                hops.questions(ImmutableList.of(unknowable, questions.get(0))).run();

        assertThat(report.questions().get(0).patched()).isEmpty();
        assertThat(report.questions().get(1).patched()).hasSize(1);
        assertThat(report.questions().get(0).prompts()).isEmpty();
        HopPrompts prompts = report.questions().get(1).prompts().orElseThrow();
        assertThat(String.join("", prompts.source())).endsWith(questions.get(0).source());
        assertThat(prompts.read()).isEqualTo(prompts.source().size() - 1);
        assertThat(prompts.target().get(prompts.written()).strip()).isEqualTo("x");
        assertThat(report.provenance().execution()).isEqualTo(Execution.EXACT);
        assertThat(report.at(2, 2).paper().outcomes()).isEqualTo(1);
        assertThat(report.counts().strict()).isEqualTo(new HopCounts(2, 1, 0, 1));
        assertThatThrownBy(() -> hops.questions(List.of(unknowable)).run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("demo-small answers both hops of none")
                .hasMessageContaining("word them otherwise, or countAll()");
    }

    @Test
    void onlyFailingQuestionsCountWhereThatIsChosen() {
        GroundTruth truth = GroundTruth.of(DemoModel.SMALL);
        HopQuestion failed =
                truth.twoHop().stream()
                        .filter(GroundTruth.TwoHop::failsDirectly)
                        .map(hops -> HopQuestions.of(truth, hops))
                        .findFirst()
                        .orElseThrow();
        MultiHop hops =
                MultiHop.of(model)
                        .layers(Layers.at(2), Layers.at(2))
                        .maxNewTokens(2)
                        .maxDirectTokens(4)
                        .onlyFailing();
        MultiHopReport report = hops.questions(List.of(questions.get(0), failed)).run();

        assertThat(report.counts().strict()).isEqualTo(new HopCounts(2, 2, 1, 1));
        assertThat(report.counted(Scoring.STRICT))
                .extracting(HopReading::question)
                .containsExactly(failed);
        assertThat(report.direct().strict()).isEqualTo(new Rate(0, 1, 1));
        assertThatThrownBy(() -> hops.questions(List.of(questions.get(0))).run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("fails the question itself, of none")
                .hasMessageContaining("leave out onlyFailing()");
    }

    @Test
    void stopsWhenTold() {
        for (int cells : new int[] {0, 1, 10}) {
            Progress stop =
                    new Progress() {
                        private long done;

                        @Override
                        public void update(long finished, long total, Duration elapsed) {
                            done = finished;
                            assertThat(total).isEqualTo(2 * (2 * 4 + 1));
                        }

                        @Override
                        public boolean isCancelled() {
                            return done >= cells;
                        }
                    };
            assertThatThrownBy(() -> some().progress(stop).run())
                    .isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void refusesWhatCannotBeRun() {
        assertThatThrownBy(() -> MultiHop.of(model).run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("has no questions: add .questions(list)");
        assertThatThrownBy(() -> some().layers(Layers.at(0), Layers.at(77)).run())
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("layer 77");
        assertThatThrownBy(() -> some().asPatchscope(questions.get(0), 0, 77))
                .isInstanceOf(OutOfRangeException.class);
        assertThatIllegalArgumentException().isThrownBy(() -> some().questions(List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> some().maxNewTokens(0));
        assertThatIllegalArgumentException().isThrownBy(() -> some().maxDirectTokens(0));
        assertThatIllegalArgumentException().isThrownBy(() -> some().memoryBudget(0));
        HopQuestion twoTokens =
                questions
                        .get(0)
                        .withTarget(
                                new TargetPrompt(
                                        "The currency of x y is",
                                        Optional.of(new CharSpan(16, 19))));
        assertThatThrownBy(() -> some().questions(List.of(twoTokens)).run())
                .isInstanceOf(PositionException.class)
                .hasMessageContaining("is 2 tokens");
    }

    @Test
    void leavesNothingBehindAndItsChoicesAlone() {
        MultiHop hops = some();
        int before = TraceModels.nativeArrays();
        MultiHopReport report = hops.memoryBudget(1 << 20).run();
        assertThat(TraceModels.nativeArrays()).isEqualTo(before);
        assertThat(MultiHopReport.fromJson(report.toJson())).isEqualTo(report);
        hops.form(HopForm.BACK_PATCHING).seed(9).onlyFailing();
        assertThat(hops.run()).isEqualTo(report);
        assertThat(hops.toString()).contains("2 questions", "TWO_PROMPTS", "4 new tokens");
    }
}
