package dev.patchscopes.trace.cross;

import dev.patchscopes.trace.LayerPair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
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
        assertThat(one.surprisal().mean()).isCloseTo(other.surprisal().mean(), within(1e-9));
        assertThat(one.surprisal().low()).isCloseTo(other.surprisal().low(), within(1e-9));
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
                    Patchscope scope = map.asPatchscope(source, target, text, pair);
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
                assertThat(mapped.surprisal().mean()).isCloseTo(surprisal, within(1e-9));
                assertThat(mapped.withSource().outcomes()).isEqualTo(20);
            }
            assertThat(scores.unpatched().withTarget().share()).isEqualTo(1);
            assertThat(scores.toString()).contains("P@1", "random vectors", "l \\ l*");
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
            assertThat(CrossModelScores.fromJson(scores.toJson())).isEqualTo(scores);
            assertThat(CrossModelReport.fromJson(map.report().toJson())).isEqualTo(map.report());
            assertThat(scores.toCsv().lines()).hasSize(1 + 1 + 2 * 3);
            int columns = scores.toCsv().lines().findFirst().orElseThrow().split(",").length;
            assertThat(scores.toCsv().lines().map(line -> line.split(",", -1).length))
                    .containsOnly(columns);
            assertThat(map.report().toCsv().lines()).hasSize(3);
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
