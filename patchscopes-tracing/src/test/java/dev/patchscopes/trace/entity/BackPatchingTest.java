package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.Question;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Late layers written into early ones. */
class BackPatchingTest {

    private static final double SAME = 1e-9;
    private static final List<BackPatchingRun.Input> TOKENS =
            List.of(input(1, 4), input(2, 2)); // at the last token, and before it

    static List<String> families() {
        return TraceModels.families();
    }

    private static BackPatchingRun.Input input(int seed, int position) {
        return new BackPatchingRun.Input(
                new Question("q" + seed, "a"), "q" + seed, TraceModels.prompt(seed, 5), position);
    }

    private static void same(BackPatchedAnswer a, BackPatchedAnswer b) {
        assertThat(a.ids()).isEqualTo(b.ids());
        for (int i = 0; i < a.ids().size(); i++) {
            assertThat(a.probabilities().get(i)).isCloseTo(b.probabilities().get(i), within(SAME));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void exactIsNaiveAndAPatchscope(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            BackPatching back = BackPatching.of(model).maxNewTokens(2).seed(5);
            BackPatchingReport exact = back.run(TOKENS, "tokens");
            BackPatchingReport naive = back.execution(Execution.NAIVE).run(TOKENS, "tokens");
            int pairs = model.layers() * (model.layers() + 1) / 2;
            assertThat(exact.provenance().pairs()).hasSize(pairs);
            for (int q = 0; q < 2; q++) {
                BackPatchedQuestion a = exact.questions().get(q);
                BackPatchedQuestion b = naive.questions().get(q);
                same(a.plain(), b.plain());
                for (int i = 0; i < pairs; i++) {
                    same(a.patched().get(i), b.patched().get(i));
                    same(a.random().get(i), b.random().get(i));
                }
            }
            LayerPair last = exact.provenance().pairs().get(pairs - 1);
            BackPatchedQuestion second = exact.questions().get(1);
            isPatchscope(model, last, Mapping.identity(), second.patched().get(pairs - 1));
            isPatchscope(
                    model,
                    last,
                    Mapping.of(new RandomVector(5, 1, last.source())),
                    second.random().get(pairs - 1));
        }
    }

    private static void isPatchscope(
            HookedModel model, LayerPair pair, Mapping map, BackPatchedAnswer cell) {
        BackPatchingRun.Input input = TOKENS.get(1);
        Generation alone =
                Patchscope.on(model)
                        .sourcePrompt(input.prompt())
                        .sourcePosition(Positions.at(input.position()))
                        .sourceLayer(pair.source())
                        .mapping(map)
                        .targetPrompt(input.prompt())
                        .targetPosition(Positions.at(input.position()))
                        .targetLayer(pair.target())
                        .maxNewTokens(2)
                        .build()
                        .run()
                        .patched()
                        .generation();
        assertThat(cell.ids()).isEqualTo(alone.ids().asList());
        for (int i = 0; i < alone.ids().length(); i++) {
            assertThat(cell.probabilities().get(i))
                    .isCloseTo(alone.tokens().get(i).probability(), within(SAME));
        }
    }

    @Test
    void questionsOfTheBundledModel() {
        try (HookedModel model = TraceModels.exact(DemoModel.SMALL)) {
            List<Question> questions =
                    List.of(
                            new Question("The capital of France is", "Paris"),
                            new Question("The capital of Japan is", "nonsense"));
            BackPatching back =
                    BackPatching.of(model).layers(Layers.at(1, 2), Layers.at(0, 1)).maxNewTokens(5);
            BackPatchingReport report = back.run(questions);
            assertThat(report.provenance().pairs())
                    .containsExactly(new LayerPair(1, 0), new LayerPair(2, 0), new LayerPair(2, 1));
            assertThat(report.plain().hits()).isEqualTo(1);
            // A text ends with its answer; one without it goes on.
            assertThat(report.questions().get(0).plain().ids().size()).isLessThan(5);
            assertThat(report.questions().get(1).plain().ids()).hasSize(5);
            for (int i = 0; i < 2; i++) {
                for (int pair = 0; pair < 3; pair++) {
                    LayerPair layers = report.provenance().pairs().get(pair);
                    assertThat(
                                    back.asPatchscope(
                                                    questions.get(i),
                                                    layers.source(),
                                                    layers.target())
                                            .run()
                                            .text())
                            .startsWith(report.questions().get(i).patched().get(pair).text());
                }
            }
            assertThat(BackPatchingReport.fromJson(report.toJson())).isEqualTo(report);
            assertThat(report.toCsv().lines()).hasSize(2 + 2 * 3);
            assertThat(report.toString()).contains("any pair, random", "held-out pair");
        }
    }

    @Test
    void subjectsArePatchedAtTheirLastToken() {
        try (HookedModel model = TraceModels.exact(DemoModel.SMALL)) {
            FactPrompt fact = FactPrompt.of("The capital of {} is", "New Zealand", "Wellington");
            BackPatching back = BackPatching.of(model).layers(Layers.at(2), Layers.at(1));
            BackPatchedQuestion atSubject = back.runAtSubjects(List.of(fact)).questions().get(0);
            BackPatchedQuestion atText =
                    back.position(Positions.lastTokenOf("Zealand"))
                            .run(List.of(fact.question()))
                            .questions()
                            .get(0);
            assertThat(atSubject.patched()).isEqualTo(atText.patched());
            assertThat(atSubject.random()).isEqualTo(atText.random());
            assertThat(atSubject.subject()).isEqualTo("New Zealand");
            assertThat(atSubject.tokens()).hasSize(model.tokenize(fact.prompt()).length());
            assertThat(atSubject.tokens().get(atSubject.position()).strip()).isEqualTo("Zealand");
            assertThat(atSubject.position()).isEqualTo(model.tokenize(fact.prompt()).length() - 2);
        }
    }

    /** Two prompts about one subject go together: into one half, and into one draw. */
    @Test
    void severalFactsOfASubjectAreOne() {
        try (HookedModel model = TraceModels.exact(DemoModel.SMALL)) {
            List<FactPrompt> facts =
                    Stream.of("France", "Japan")
                            .flatMap(
                                    s ->
                                            Stream.of("The capital of {} is", "{} is known for")
                                                    .map(t -> FactPrompt.of(t, s, "nonsense")))
                            .toList();
            BackPatching back =
                    BackPatching.of(model).layers(Layers.at(2), Layers.at(1)).maxNewTokens(1);
            BackPatchingReport report = back.runAtSubjects(facts);

            assertThat(report.plain()).isEqualTo(new Rate(0, 4, 2));
            assertThat(report.patched().heldOut().test()).isEqualTo(new Rate(0, 2, 1));
            assertThat(back.run(facts.stream().map(FactPrompt::question).toList()).plain())
                    .isEqualTo(new Rate(0, 4, 4));
        }
    }

    @Test
    void jsonHasAnAnswerForEachPair() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            BackPatchingReport report =
                    BackPatching.of(model)
                            .layers(Layers.at(2), Layers.at(0, 1))
                            .maxNewTokens(1)
                            .run(TOKENS, "tokens");
            JsonObject json = JsonParser.parseString(report.toJson()).getAsJsonObject();
            json.remove("sha256"); // it is changed on purpose
            json.getAsJsonObject("provenance").getAsJsonArray("pairs").remove(0);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> BackPatchingReport.fromJson(json.toString()))
                    .withMessageContaining("has 2 patched and 2 random answers for 1 pairs");
        }
    }

    @Test
    void stopsLeavesNothingAndSaysWhatIsWrong() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            BackPatching back = BackPatching.of(model).maxNewTokens(2);
            back.run(TOKENS, "tokens");
            int before = TraceModels.nativeArrays();
            back.run(TOKENS, "tokens");
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
            Progress stopped =
                    new Progress() {
                        @Override
                        public void update(long done, long total, Duration elapsed) {}

                        @Override
                        public boolean isCancelled() {
                            return true;
                        }
                    };
            assertThatThrownBy(() -> back.progress(stopped).run(TOKENS, "tokens"))
                    .isInstanceOf(CancellationException.class);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> back.run(List.of()))
                    .withMessageContaining("at least one question");
            assertThatThrownBy(() -> back.layers(Layers.at(1), Layers.at(2)).run(TOKENS, "tokens"))
                    .isInstanceOf(PatchscopeException.class)
                    .hasMessageContaining("no pair with l* < l");
        }
    }
}
