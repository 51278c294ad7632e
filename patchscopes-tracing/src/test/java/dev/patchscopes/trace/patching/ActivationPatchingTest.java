package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.UnknownSiteException;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The sweep computes what full runs with the same activations replaced do. */
class ActivationPatchingTest {
    private static final PatchTarget HEADS = PatchTarget.byHead(PatchedSite.Z);
    private static final PatchTarget STREAM = PatchTarget.byPosition(PatchedSite.RESID_PRE);

    static List<String> families() {
        return TraceModels.families();
    }

    private static void assertEqual(PatchingResult exact, PatchingResult naive) {
        for (PatchGrid one : exact.grids()) {
            PatchGrid other = naive.grid(one.target());
            for (int pair = 0; pair < one.values().size(); pair++) {
                for (int cell = 0; cell < one.size(); cell++) {
                    assertThat(one.values().get(pair).get(cell))
                            .as("%s at %s", one, one.index(cell))
                            .isCloseTo(other.values().get(pair).get(cell), within(1e-9));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyCellIsThatOfAFullRun(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            ActivationPatching patching = ActivationPatching.of(model).pair(PatchingModels.pair(1));
            PatchTarget[] targets = PatchingModels.oneOfEach(model);
            PatchingResult exact = patching.run(targets);
            assertEqual(exact, patching.execution(Execution.NAIVE).run(targets));
            for (PatchGrid grid : exact.grids()) {
                assertThat(grid.values().get(0))
                        .as(grid.toString())
                        .anyMatch(v -> v != exact.corruptedMetric());
            }
        }
    }

    @Test
    void everyGrainIsToo() {
        try (HookedModel model = TraceModels.exact("llama_gqa_llama3")) {
            ActivationPatching patching = ActivationPatching.of(model).pair(PatchingModels.pair(4));
            PatchTarget[] targets = {
                PatchTarget.byBlock(PatchedSite.MLP_OUT),
                PatchTarget.byBlock(PatchedSite.K),
                PatchTarget.byPosition(PatchedSite.V),
                PatchTarget.byPositionAndHead(PatchedSite.Z),
                PatchTarget.patternByDestination()
            };
            assertEqual(patching.run(targets), patching.execution(Execution.NAIVE).run(targets));
        }
    }

    @ParameterizedTest
    @EnumSource(AnswerMetric.class)
    void noisingAndEveryMetricToo(AnswerMetric metric) {
        try (HookedModel model = TraceModels.exact("llama_gqa_llama3")) {
            boolean several = metric != AnswerMetric.LOGIT_DIFFERENCE;
            ImmutableIntArray answer =
                    several ? ImmutableIntArray.of(9, 21) : ImmutableIntArray.of(9);
            ActivationPatching patching =
                    ActivationPatching.of(model)
                            .pair(PatchingModels.pair(1, answer, ImmutableIntArray.of(5)))
                            .pair(PatchingModels.pair(2, answer, ImmutableIntArray.of(6)))
                            .metric(metric)
                            .direction(PatchDirection.NOISING);
            PatchTarget[] targets = {
                PatchTarget.byBlock(PatchedSite.ATTN_OUT),
                HEADS,
                PatchTarget.byHead(PatchedSite.K),
                PatchTarget.byHead(PatchedSite.PATTERN)
            };
            assertEqual(patching.run(targets), patching.execution(Execution.NAIVE).run(targets));
        }
    }

    @Test
    void singleWeightsOfAPatternToo() {
        for (String name : List.of("gpt2", "llama_gqa_llama3")) {
            try (HookedModel model = TraceModels.exact(name)) {
                ActivationPatching patching =
                        ActivationPatching.of(model).pair(PatchingModels.pair(3));
                PatchTarget edges = PatchTarget.patternByEdge();
                PatchingResult exact = patching.run(edges);
                assertEqual(exact, patching.execution(Execution.NAIVE).run(edges));
                assertThat(exact.metric(edges, 0, 0, 2, 3)).isEqualTo(exact.corruptedMetric());
                assertThat(exact.effect(edges, 0, 0, 3, PatchingModels.SHARED)).isNotZero();
            }
        }
    }

    @Test
    void meansAreTakenOverPairs() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            ActivationPatching none = ActivationPatching.of(model);
            PatchingResult one = none.pair(PatchingModels.pair(1)).run(HEADS);
            PatchingResult other = none.pair(PatchingModels.pair(2)).run(HEADS);
            PatchingResult both =
                    none.pair(PatchingModels.pair(1)).pair(PatchingModels.pair(2)).run(HEADS);
            double metric = (one.metric(HEADS, 1, 2) + other.metric(HEADS, 1, 2)) / 2;
            double clean = (one.cleanMetric() + other.cleanMetric()) / 2;
            double corrupted = (one.corruptedMetric() + other.corruptedMetric()) / 2;
            assertThat(both.metric(HEADS, 1, 2)).isCloseTo(metric, within(1e-12));
            assertThat(both.effect(HEADS, 1, 2)).isCloseTo(metric - corrupted, within(1e-12));
            assertThat(both.normalised(HEADS, 1, 2).orElseThrow())
                    .isCloseTo((metric - corrupted) / (clean - corrupted), within(1e-12));
            assertThat(both.estimate(HEADS, 1, 2).mean())
                    .isCloseTo(both.normalised(HEADS, 1, 2).orElseThrow(), within(1e-12));
            assertThat(both.estimate(HEADS, 1, 2).low())
                    .isLessThanOrEqualTo(both.estimate(HEADS, 1, 2).high());
            assertThatThrownBy(() -> one.estimate(HEADS, 1, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("at least 2");
            assertThat(both.grid(HEADS).at(1, 1, 2)).isEqualTo(other.metric(HEADS, 1, 2));
        }
    }

    @Test
    void shapesAreThoseOfTheModel() {
        try (HookedModel model = TraceModels.exact("llama_gqa_llama3")) {
            PatchingResult result =
                    ActivationPatching.of(model)
                            .pair(PatchingModels.pair(1))
                            .run(PatchingModels.targets(model));
            int blocks = model.layers();
            int groups = model.summary().keyValueHeads();
            assertThat(groups).isLessThan(model.heads());
            assertThat(result.grid(STREAM).shape()).containsExactly(blocks, PatchingModels.LENGTH);
            assertThat(result.grid(HEADS).shape()).containsExactly(blocks, model.heads());
            PatchGrid keys = result.grid(PatchTarget.byPositionAndHead(PatchedSite.K));
            assertThat(keys.shape()).containsExactly(blocks, PatchingModels.LENGTH, groups);
            assertThat(keys.axes()).containsExactly("block", "pos", "kv_head");
            assertThat(result.grid(PatchTarget.patternByDestination()).axes())
                    .containsExactly("block", "head", "dest");
        }
    }

    @Test
    void theLargestEffectsComeFirstWhateverTheirSign() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            PatchingResult result =
                    ActivationPatching.of(model).pair(PatchingModels.pair(1)).run(HEADS);
            List<PatchCell> top = result.top(HEADS, 100);
            assertThat(top).hasSize(result.grid(HEADS).size());
            for (int i = 1; i < top.size(); i++) {
                assertThat(Math.abs(top.get(i).effect()))
                        .isLessThanOrEqualTo(Math.abs(top.get(i - 1).effect()));
            }
            int[] index = top.get(0).index().stream().mapToInt(Integer::intValue).toArray();
            assertThat(top.get(0).effect()).isEqualTo(result.effect(HEADS, index));
        }
    }

    @Test
    void resultsSurviveJsonAndHaveALineACell() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            PatchingResult result =
                    ActivationPatching.of(model)
                            .pair(PatchingModels.pair(1))
                            .run(STREAM, HEADS, PatchTarget.patternByEdge());
            assertThat(PatchingResult.fromJson(result.toJson())).isEqualTo(result);
            int cells = result.grids().stream().mapToInt(PatchGrid::size).sum();
            assertThat(result.toCsv().lines()).hasSize(cells + 1);
            assertThat(result.toCsv()).contains("resid_pre,position,1,,3,,", "z,head,1,0,,,");
            assertThat(result.toString())
                    .contains("denoising, logit difference", "z [block, head]");
            assertThatThrownBy(() -> AttributionResult.fromJson(result.toJson()))
                    .hasMessageContaining("approximation");
        }
    }

    @Test
    void resultsKeepAllThatDeterminedThem() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            ImmutableIntArray two = ImmutableIntArray.of(9, 21);
            ActivationPatching patching =
                    ActivationPatching.of(model)
                            .pair(PatchingModels.pair(1, two, ImmutableIntArray.of(5, 6)))
                            .pair(PatchingModels.pair(2))
                            .pair(PatchingModels.pair(3))
                            .firstTokens();
            PatchingResult result = patching.seed(4).execution(Execution.NAIVE).run(HEADS);
            assertThat(result.provenance().execution()).isEqualTo(Execution.NAIVE);
            assertThat(result.provenance().firstTokens()).isTrue();
            assertThat(result.provenance().seed()).isEqualTo(4);
            assertThat(result.pairs().get(0).answer()).containsExactly(9);
            PatchingResult read = PatchingResult.fromJson(result.toJson());
            assertThat(read).isEqualTo(result);
            assertThat(read.estimate(HEADS, 1, 2)).isEqualTo(result.estimate(HEADS, 1, 2));
            PatchingResult other = patching.seed(5).run(HEADS);
            assertThat(other.provenance().execution()).isEqualTo(Execution.EXACT);
            assertThat(other.estimate(HEADS, 1, 2)).isNotEqualTo(result.estimate(HEADS, 1, 2));
        }
    }

    @Test
    void aMetricThatTheCorruptionLeavesAloneHasNoScale() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            TokenizedPrompt prompt = TraceModels.prompt(1, 4);
            PatchingResult result =
                    ActivationPatching.of(model)
                            .pair(
                                    new PromptPair(
                                            prompt,
                                            prompt,
                                            ImmutableIntArray.of(7),
                                            ImmutableIntArray.of(8)))
                            .run(HEADS);
            assertThat(result.isNormalised()).isFalse();
            assertThat(result.normalised(HEADS, 0, 0)).isEmpty();
            assertThat(result.effect(HEADS, 0, 0)).isZero();
            assertThatThrownBy(() -> result.estimate(HEADS, 0, 0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no scale");
            assertThat(PatchingResult.fromJson(result.toJson())).isEqualTo(result);
            assertThat(result.toString()).contains("too close to normalise");
        }
    }

    @Test
    void aTinyBudgetGivesTheSameNumbers() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            ActivationPatching patching = ActivationPatching.of(model).pair(PatchingModels.pair(1));
            PatchTarget[] targets = {STREAM, HEADS, PatchTarget.byHead(PatchedSite.K)};
            assertEqual(patching.memoryBudget(1).run(targets), patching.run(targets));
            assertThatThrownBy(() -> patching.memoryBudget(0))
                    .hasMessageContaining("a memory budget of 0 bytes is none");
        }
    }

    @Test
    void nothingNativeIsLeft() {
        try (HookedModel model = TraceModels.exact("llama_gqa_llama3")) {
            ActivationPatching patching = ActivationPatching.of(model).pair(PatchingModels.pair(1));
            patching.run(
                    PatchingModels.targets(model)); // the model arranges weights when first used
            int before = TraceModels.nativeArrays();
            patching.run(PatchingModels.targets(model));
            assertThat(TraceModels.nativeArrays()).isEqualTo(before);
        }
    }

    @Test
    void progressCountsUpAndCanStop() {
        try (HookedModel model = TraceModels.exact("gpt2")) {
            ActivationPatching patching =
                    ActivationPatching.of(model)
                            .pair(PatchingModels.pair(1))
                            .pair(PatchingModels.pair(2));
            List<Long> heard = new ArrayList<>();
            List<Long> totals = new ArrayList<>();
            patching.progress(
                            (done, total, elapsed) -> {
                                heard.add(done);
                                totals.add(total);
                            })
                    .run(HEADS);
            assertThat(heard).isSorted().hasSizeGreaterThan(2);
            assertThat(totals).containsOnly(2L * model.layers() * model.heads());
            assertThat(heard.get(heard.size() - 1)).isEqualTo(totals.get(0));
            Progress stopping =
                    new Progress() {
                        @Override
                        public void update(long done, long total, Duration elapsed) {}

                        @Override
                        public boolean isCancelled() {
                            return true;
                        }
                    };
            assertThatThrownBy(() -> patching.progress(stopping).run(HEADS))
                    .isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        ImmutableIntArray seven = ImmutableIntArray.of(7);
        assertThatThrownBy(
                        () ->
                                new PromptPair(
                                        TraceModels.prompt(1, 4),
                                        TraceModels.prompt(1, 5),
                                        seven,
                                        seven))
                .hasMessageContaining("has 4 tokens and the corrupted one 5")
                .hasMessageContaining("#");
        assertThatThrownBy(() -> PatchTarget.byHead(PatchedSite.MLP_OUT))
                .hasMessageContaining("cannot be patched by HEAD");
        try (HookedModel model = TraceModels.exact("gptj")) {
            ActivationPatching none = ActivationPatching.of(model);
            PromptPair pair = PatchingModels.pair(1);
            PatchTarget middle = PatchTarget.byPosition(PatchedSite.RESID_MID);
            assertThatThrownBy(() -> none.pair(pair).run(middle))
                    .isInstanceOf(UnknownSiteException.class)
                    .hasMessageContaining("parallel");
            assertThatThrownBy(() -> none.run(HEADS))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no prompts are given");
            assertThatThrownBy(() -> none.clean("a").run(HEADS))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("add corrupted(...)");
            assertThatThrownBy(() -> none.pair(pair).run())
                    .hasMessageContaining("at least one target");
            assertThatThrownBy(() -> none.pair(PatchingModels.pair(1, seven, seven)).run(HEADS))
                    .hasMessageContaining("compared with itself");
            ImmutableIntArray two = ImmutableIntArray.of(7, 8);
            assertThatThrownBy(() -> none.pair(PatchingModels.pair(1, two, seven)).run(HEADS))
                    .hasMessageContaining("firstTokens()");
            PromptPair longer =
                    new PromptPair(
                            TraceModels.prompt(1, 6),
                            TraceModels.prompt(2, 6),
                            seven,
                            ImmutableIntArray.of(9));
            assertThatThrownBy(() -> none.pair(pair).pair(longer).run(STREAM))
                    .hasMessageContaining("4 and 6");
            assertThat(none.pair(pair).pair(longer).run(HEADS).pairs()).hasSize(2);
            assertThatThrownBy(() -> none.pair(pair).pair(pair).asPatchscope(0, 0))
                    .hasMessageContaining("2 pairs");
        }
    }
}
