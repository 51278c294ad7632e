package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.TraceModels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of every model, whatever its weights. */
class CausalTracingIdentitiesTest {
    private static final TokenizedPrompt PROMPT = TraceModels.prompt(11, 5);
    private static final int LAST = PROMPT.length() - 1;
    private static final int FROM = 1;
    private static final int TO = 3;

    static List<String> families() {
        return TraceModels.families();
    }

    private static CausalTracing tracing(HookedModel model) {
        return CausalTracing.of(model)
                .prompt(PROMPT)
                .subject(Positions.range(FROM, TO))
                .copies(2)
                .kinds(TraceKind.values())
                .window(2);
    }

    /** Another prompt that differs in the subject. */
    private static TokenizedPrompt other() {
        int[] ids = PROMPT.ids().toArray();
        for (int i = FROM; i < TO; i++) {
            ids[i] = ids[i] == 100 ? 101 : 100;
        }
        return TokenizedPrompt.ofIds(ids);
    }

    private static void assertSame(CausalTrace exact, CausalTrace naive) {
        assertThat(exact.clean()).isCloseTo(naive.clean(), within(1e-9));
        assertThat(exact.totalEffect()).isNotCloseTo(0, within(1e-7));
        for (TraceGrid grid : naive.grids()) {
            for (int row = 0; row < grid.rows(); row++) {
                for (int token = 0; token < grid.tokens(); token++) {
                    for (int copy = 0; copy < naive.corruptedEach().size(); copy++) {
                        assertThat(exact.grid(grid.kind()).each(row, token).get(copy))
                                .as("%s row %s token %s copy %s", grid.kind(), row, token, copy)
                                .isCloseTo(grid.each(row, token).get(copy), within(1e-9));
                    }
                }
            }
        }
    }

    /** The naive trace computes what the exact one knows beforehand, so it shows the identities. */
    @ParameterizedTest
    @MethodSource("families")
    void exactAndNaiveAgreeAndBothKnowTheEnds(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            CausalTracing tracing = tracing(model).copies(2);
            CausalTrace exact = tracing.run();
            CausalTrace naive = tracing.execution(Execution.NAIVE).run();
            assertSame(exact, naive);
            beforeTheSubjectNothingChanges(exact, naive);
            inTheLastLayerOnlyTheLastTokenCounts(exact, naive, model.layers());
            severingMattersOnlyWhereBlocksFollow(naive, model.layers());
        }
    }

    private static void beforeTheSubjectNothingChanges(CausalTrace exact, CausalTrace naive) {
        for (TraceGrid grid : naive.grids()) {
            for (int row = 0; row < grid.rows(); row++) {
                assertThat(grid.value(row, 0)).isCloseTo(naive.corrupted(), within(1e-12));
                assertThat(exact.grid(grid.kind()).each(row, 0)).isEqualTo(exact.corruptedEach());
            }
        }
    }

    private static void inTheLastLayerOnlyTheLastTokenCounts(
            CausalTrace exact, CausalTrace naive, int top) {
        for (int token = 0; token < LAST; token++) {
            assertThat(naive.value(TraceKind.RESIDUAL, top, token))
                    .isCloseTo(naive.corrupted(), within(1e-12));
            assertThat(exact.value(TraceKind.RESIDUAL, top, token)).isEqualTo(exact.corrupted());
        }
        assertThat(naive.value(TraceKind.RESIDUAL, top, LAST))
                .isCloseTo(naive.clean(), within(1e-12));
        assertThat(exact.value(TraceKind.RESIDUAL, top, LAST)).isEqualTo(exact.clean());
    }

    private static void severingMattersOnlyWhereBlocksFollow(CausalTrace naive, int top) {
        for (TraceKind severed :
                List.of(TraceKind.RESIDUAL_MLP_SEVERED, TraceKind.RESIDUAL_ATTN_SEVERED)) {
            for (int token = 0; token <= LAST; token++) {
                assertThat(naive.value(severed, top, token))
                        .isCloseTo(naive.value(TraceKind.RESIDUAL, top, token), within(1e-12));
            }
            assertThat(naive.value(severed, 0, FROM))
                    .isNotCloseTo(naive.value(TraceKind.RESIDUAL, 0, FROM), within(1e-9));
        }
    }

    /**
     * By hand in two passes: what a part gives in the corrupted run, kept beside the clean state.
     */
    @ParameterizedTest
    @MethodSource("families")
    void severedOutputsAreThoseOfTheCorruptedRun(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            CausalTracing tracing =
                    tracing(model)
                            .copies(1)
                            .kinds(TraceKind.RESIDUAL_ATTN_SEVERED, TraceKind.RESIDUAL_MLP_SEVERED);
            CausalTrace trace = tracing.run();
            var corruption = tracing.baseRuns().get(1).interventions();
            Positions at = Positions.at(TO - 1);
            HookPoint state = HookPoint.residual(1);
            double[] clean = model.run(PROMPT).capture(state).execute().vectorDoubles(state, at);
            for (TraceGrid grid : trace.grids()) {
                Site site =
                        grid.kind() == TraceKind.RESIDUAL_MLP_SEVERED
                                ? Site.MLP_PROJ
                                : Site.ATTN_PROJ;
                List<HookPoint> points = HookPoint.blocks(site, 0, model.layers());
                var corrupted = model.run(PROMPT).intervene(corruption).capture(points).execute();
                List<Intervention> all = new ArrayList<>(corruption);
                all.add(Intervention.replace(state, at, clean));
                for (HookPoint point : points) {
                    all.add(Intervention.replace(point, at, corrupted.vectorDoubles(point, at)));
                }
                int answer = trace.provenance().answer().get(0);
                double p = model.run(PROMPT).intervene(all).execute().next().probability(answer);
                assertThat(grid.value(1, TO - 1)).as("%s", grid.kind()).isCloseTo(p, within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void exactAndNaiveAgreeOfReplacedSubjectsAndLongAnswers(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            CausalTracing replaced =
                    tracing(model)
                            .corruption(Corruption.replacement(other()))
                            .kinds(TraceKind.RESIDUAL)
                            .answer(7, 9)
                            .metric(AnswerMetric.LOG_PROBABILITY);
            assertSame(replaced.run(), replaced.execution(Execution.NAIVE).run());
        }
    }

    /** Restoring all tokens at one layer, or the subject's embeddings, gives the clean run. */
    @ParameterizedTest
    @MethodSource("families")
    void restoringAllTokensGivesTheCleanRun(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            CausalTracing tracing = tracing(model);
            CausalTrace trace = tracing.run();
            List<Cell> cells = new ArrayList<>();
            for (int copy = 1; copy <= 2; copy++) {
                cells.add(
                        Cell.of(copy)
                                .patched(
                                        Patch.of(
                                                0,
                                                HookPoint.residual(0),
                                                Positions.range(FROM, TO))));
                for (int layer = 0; layer <= model.layers(); layer++) {
                    cells.add(
                            Cell.of(copy)
                                    .patched(
                                            Patch.of(
                                                    0,
                                                    HookPoint.residual(layer),
                                                    Positions.all())));
                }
            }
            int answer = trace.provenance().answer().get(0);
            model.sweep(tracing.baseRuns())
                    .cells(cells)
                    .reading(Reading.probabilitiesOf(answer))
                    .execute()
                    .forEach(
                            result ->
                                    assertThat(result.probabilities().get(0))
                                            .isCloseTo(trace.clean(), within(1e-9)));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyCellIsTheSweepCellItIsStatedAs(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            CausalTracing tracing = tracing(model);
            CausalTrace trace = tracing.run();
            ImmutableList<BaseRun> bases = tracing.baseRuns();
            List<Cell> cells = new ArrayList<>();
            List<Double> expected = new ArrayList<>();
            for (TraceKind kind : TraceKind.values()) {
                for (int row = 0; row < kind.rows(model.layers()); row++) {
                    for (int token = 0; token <= LAST; token++) {
                        cells.add(tracing.asCell(kind, row, token, 1));
                        expected.add(trace.grid(kind).each(row, token).get(1));
                    }
                }
            }
            var results =
                    model.sweep(bases)
                            .cells(cells)
                            .reading(Reading.probabilitiesOf(trace.provenance().answer().get(0)))
                            .execute();
            for (int i = 0; i < cells.size(); i++) {
                assertThat(results.get(i).probabilities().get(0))
                        .isCloseTo(expected.get(i), within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void aTraceWithAReplacedSubjectIsAGridOfPatchscopes(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            CausalTracing tracing = tracing(model).corruption(Corruption.replacement(other()));
            CausalTrace trace = tracing.run();
            int answer = trace.provenance().answer().get(0);
            for (int token = 0; token <= LAST; token++) {
                var grid =
                        tracing.asPatchscope(0, token)
                                .sweep()
                                .sameLayers(Layers.all())
                                .reading(Reading.probabilitiesOf(answer))
                                .run()
                                .get(0);
                for (int layer = 0; layer <= model.layers(); layer++) {
                    assertThat(grid.at(layer, layer).probabilities().get(0))
                            .as("layer %s, token %s", layer, token)
                            .isCloseTo(trace.value(TraceKind.RESIDUAL, layer, token), within(1e-9));
                }
            }
        }
    }
}
