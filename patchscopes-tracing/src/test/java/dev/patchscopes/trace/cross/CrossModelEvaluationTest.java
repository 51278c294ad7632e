package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of patched predictions is what Patchscopes and plain runs say. */
class CrossModelEvaluationTest {

    static List<String> families() {
        return TraceModels.families();
    }

    private static CrossModelMap fitted(HookedModel source, HookedModel target, Layers layers) {
        return CrossModelMap.between(source, target)
                .layers(layers, layers)
                .kind(MapKind.affine(1e-3))
                .prompts(CrossModelMapTest.same(40, 5))
                .heldOut(0.3)
                .patched(0)
                .fit();
    }

    private static List<AlignedPrompts> unseen(int texts) {
        return CrossModelMapTest.same(500 + texts, 5).subList(500, 500 + texts);
    }

    @ParameterizedTest
    @MethodSource("families")
    void exactEqualsNaive(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            CrossModelMap map = fitted(model, model, Layers.at(1));
            CrossModelEvaluation evaluation =
                    CrossModelEvaluation.of(map, model, model).prompts(unseen(3)).seed(3);
            CrossModelScores exact = evaluation.memoryBudget(1).run();
            int before = TraceModels.nativeArrays();
            CrossModelScores naive = evaluation.execution(Execution.NAIVE).run();
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
            assertAgree(exact.unpatched(), naive.unpatched());
            assertThat(exact.pairs()).hasSize(1);
            CrossModelScores.PairScores one = exact.at(1, 1);
            CrossModelScores.PairScores other = naive.at(1, 1);
            assertAgree(one.mapped(), other.mapped());
            assertAgree(one.randomVector(), other.randomVector());
            assertAgree(one.unmapped().get(0), other.unmapped().get(0));
        }
    }

    private static void assertAgree(
            CrossModelScores.Agreement one, CrossModelScores.Agreement other) {
        assertThat(one.withSource()).isEqualTo(other.withSource());
        assertThat(one.withTarget()).isEqualTo(other.withTarget());
        assertThat(one.surprisalOfPatchedPrediction().mean())
                .isCloseTo(other.surprisalOfPatchedPrediction().mean(), within(1e-9));
        assertThat(one.surprisalOfPatchedPrediction().low())
                .isCloseTo(other.surprisalOfPatchedPrediction().low(), within(1e-9));
    }

    /** Cell by cell, and beside it what the two models say by themselves. */
    @Test
    void scoresAreThoseOfPatchscopes() {
        try (HookedModel source = TraceModels.exact("llama_yarn"); // 32 wide
                HookedModel target = TraceModels.exact("gpt2")) { // 48 wide
            CrossModelMap map = fitted(source, target, Layers.at(0, 2));
            List<AlignedPrompts> texts =
                    unseen(20).stream().map(text -> text.select(4)).toList(); // one position each
            CrossModelScores scores =
                    CrossModelEvaluation.of(map, source, target).prompts(texts).run();
            for (LayerPair pair : map.pairs()) {
                int withSource = 0;
                int withTarget = 0;
                double surprisal = 0;
                for (AlignedPrompts text : texts) {
                    Patchscope scope =
                            map.asPatchscope(source, target, text, pair.source(), pair.target());
                    int said = scope.run().next().argMax();
                    assertThat(
                                    scope.sweep()
                                            .layers(
                                                    Layers.at(pair.source()),
                                                    Layers.at(pair.target()))
                                            .run()
                                            .get(0)
                                            .at(pair.source(), pair.target())
                                            .top()
                                            .get(0)
                                            .id())
                            .isEqualTo(said);
                    TokenDistribution own = source.run(text.source()).execute().next();
                    withSource += said == own.argMax() ? 1 : 0;
                    withTarget +=
                            said == target.run(text.target()).execute().next().argMax() ? 1 : 0;
                    surprisal -= own.logProbability(said) / texts.size();
                }
                CrossModelScores.Agreement mapped =
                        scores.at(pair.source(), pair.target()).mapped();
                assertThat(mapped.withSource().hits()).isEqualTo(withSource);
                assertThat(mapped.withTarget().hits()).isEqualTo(withTarget);
                assertThat(mapped.surprisalOfPatchedPrediction().mean())
                        .isCloseTo(surprisal, within(1e-9));
                assertThat(mapped.withSource().outcomes()).isEqualTo(20);
            }
            assertThat(scores.unpatched().withTarget().share()).isEqualTo(1);
            assertThat(scores.toString()).contains("P@1", "random vectors", "l \\ l*");
        }
    }

    /** What cannot be compared is no number, which no reader takes for perfect agreement. */
    @Test
    void noComparablePredictionHasNoSurprisal() {
        CrossModelScores.Agreement none = CrossModelScores.Agreement.of(0, 1, 3, List.of());
        assertThat(none.surprisalOfPatchedPrediction().mean()).isNaN();
        assertThat(none.surprisalOfPatchedPrediction().count()).isZero();
        CrossModelScores.Agreement one = CrossModelScores.Agreement.of(0, 1, 3, List.of(2.5));
        assertThat(one.surprisalOfPatchedPrediction().mean()).isEqualTo(2.5);
        assertThat(one.surprisalOfPatchedPrediction().low()).isNaN();
        assertThat(one.surprisalOfPatchedPrediction().high()).isNaN();
        CrossModelScores.Agreement two = CrossModelScores.Agreement.of(0, 1, 3, List.of(2.0, 3.0));
        assertThat(two.surprisalOfPatchedPrediction().low())
                .isCloseTo(2.5 - 1.959963984540054 * 0.5, within(1e-12)); // sqrt(0.5 / 2)
    }

    /** The control of a layer does not depend on which other pairs stand beside it. */
    @Test
    void controlsAreThoseOfTheirLayer() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            CrossModelFit fit =
                    CrossModelMap.between(model, model)
                            .kind(MapKind.affine(1e-3))
                            .prompts(CrossModelMapTest.same(40, 5))
                            .heldOut(0.3)
                            .patched(10)
                            .seed(7);
            CrossModelScores.PairScores alone =
                    fit.pairs(new LayerPair(2, 1)).fit().scores().orElseThrow().at(2, 1);
            CrossModelScores.PairScores second =
                    fit.pairs(new LayerPair(0, 0), new LayerPair(2, 1))
                            .fit()
                            .scores()
                            .orElseThrow()
                            .at(2, 1);
            assertAgree(second.mapped(), alone.mapped());
            assertAgree(second.randomVector(), alone.randomVector());
        }
    }

    /** The passes of the source change nothing but the memory taken. */
    @Test
    void statesAreReadInPassesOfSoManyTokens() {
        List<AlignedPrompts> texts =
                IntStream.of(5, 3, 9, 2, 2, 2)
                        .mapToObj(length -> CrossModelMapTest.same(1, length).get(0))
                        .toList();
        assertThat(SourceStates.passes(texts, 8).stream().map(List::size)).containsExactly(2, 1, 3);
        assertThat(SourceStates.passes(texts, 1)).hasSize(6);
        assertThat(SourceStates.passes(List.of(), 8)).isEmpty();
        try (HookedModel model = TraceModels.exact("gpt2")) {
            // 1,200 tokens, so that there are several passes
            List<AlignedPrompts> many =
                    IntStream.range(0, 240)
                            .mapToObj(i -> CrossModelMapTest.same(250, 3 + i % 5).get(i))
                            .toList();
            int[] passes = new int[1];
            SourceStates states =
                    SourceStates.of(model, ImmutableSet.of(0, 2), many, () -> passes[0]++);
            assertThat(passes[0]).isEqualTo(2);
            for (int i : new int[] {0, 1, 205, 239}) {
                Activations alone =
                        model.run(many.get(i).source())
                                .capture(HookPoint.residual(2))
                                .logits()
                                .execute();
                assertThat(states.at(i, 2))
                        .containsExactly(
                                alone.vectorDoubles(HookPoint.residual(2), Positions.last()),
                                within(1e-9));
                assertThat(states.next(i).logits())
                        .containsExactly(alone.next().logits(), within(1e-9));
            }
        }
    }

    @Test
    void scoresAndReportsComeBackFromJson() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            CrossModelMap map =
                    CrossModelMap.between(model, model)
                            .layers(Layers.at(1), Layers.at(1, 2))
                            .prompts(CrossModelMapTest.same(40, 5))
                            .heldOut(0.3)
                            .patched(1) // no interval of one surprisal
                            .fit();
            CrossModelScores scores = map.scores().orElseThrow();
            assertThat(scores.toJson()).contains("\"surprisalOfPatchedPrediction\"");
            assertThat(CrossModelScores.fromJson(scores.toJson())).isEqualTo(scores);
            assertThat(scores.unpatched().surprisalOfPatchedPrediction().low()).isNaN();
            assertThat(scores.toCsv()).contains(",surprisal_of_patched_prediction,", ",NaN,NaN\n");
            assertThat(CrossModelReport.fromJson(map.report().toJson())).isEqualTo(map.report());
            assertThat(scores.toCsv().lines()).hasSize(1 + 1 + 2 * 3);
            int columns = scores.toCsv().lines().findFirst().orElseThrow().split(",").length;
            assertThat(scores.toCsv().lines().map(line -> line.split(",", -1).length))
                    .containsOnly(columns);
            assertThat(map.report().toCsv().lines()).hasSize(3);
        }
    }

    @Test
    void whatWasChosenIsWrittenDown() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            CrossModelFit fit =
                    CrossModelMap.between(model, model)
                            .pairs(new LayerPair(1, 1))
                            .kind(MapKind.affine(1e-3, 1e-2))
                            .prompts(CrossModelMapTest.same(60, 5))
                            .heldOut(0.3)
                            .skipFirst(2)
                            .patched(2)
                            .execution(Execution.NAIVE);
            CrossModelMap map = fit.fit();
            CrossModelReport.Setup setup = map.report().setup();
            assertThat(setup.penalties()).containsExactly(1e-3, 1e-2);
            assertThat(setup.heldOutShare()).isEqualTo(0.3);
            CrossModelScores.Setup scores = map.scores().orElseThrow().setup();
            assertThat(scores.execution()).isEqualTo(Execution.NAIVE);
            assertThat(scores.skipFirst()).isEqualTo(2);
            assertThat(scores.mapDigest()).isEqualTo(map.digest());
            assertThat(
                            CrossModelEvaluation.of(map, model, model)
                                    .prompts(unseen(3))
                                    .skipFirst(3)
                                    .run()
                                    .setup()
                                    .skipFirst())
                    .isEqualTo(3);
            CrossModelMap other =
                    fit.kind(MapKind.rotation())
                            .heldOutPrompts(unseen(5))
                            .execution(Execution.EXACT)
                            .fit();
            assertThat(other.digest()).isNotEqualTo(map.digest());
            assertThat(other.report().setup().penalties()).isEmpty();
            assertThat(other.report().setup().heldOutShare()).isZero();
            assertThat(other.scores().orElseThrow().setup().execution()).isEqualTo(Execution.EXACT);
        }
    }

    @Test
    void theListenerStopsTheEvaluation() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            CrossModelMap map = fitted(model, model, Layers.at(1));
            CrossModelEvaluation evaluation =
                    CrossModelEvaluation.of(map, model, model)
                            .prompts(unseen(5))
                            .progress(
                                    new Progress() {
                                        @Override
                                        public void update(
                                                long done, long total, Duration elapsed) {}

                                        @Override
                                        public boolean isCancelled() {
                                            return true;
                                        }
                                    });
            assertThatThrownBy(evaluation::run).isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        try (HookedModel gpt2 = TraceModels.exact("gpt2"); // 131 tokens
                HookedModel gptj = TraceModels.exact("gptj"); // 128 tokens
                HookedModel narrow = TraceModels.exact("llama_yarn")) {
            CrossModelMap map = fitted(gpt2, gptj, Layers.at(1));
            CrossModelEvaluation evaluation = CrossModelEvaluation.of(map, gpt2, gptj);
            assertThatThrownBy(evaluation::run).hasMessageContaining("choose texts");
            assertThatThrownBy(() -> evaluation.prompts(unseen(2)).run())
                    .hasMessageContaining("131 and 128 tokens");
            assertThatThrownBy(() -> evaluation.prompts(unseen(2)).skipFirst(5).run())
                    .hasMessageContaining("aligned anywhere behind its first 5 tokens");
            assertThatThrownBy(
                            () ->
                                    CrossModelEvaluation.of(map, narrow, gptj)
                                            .prompts(unseen(2))
                                            .run())
                    .hasMessageContaining("48 wide")
                    .hasMessageContaining("32 and 48 wide");
        }
    }
}
