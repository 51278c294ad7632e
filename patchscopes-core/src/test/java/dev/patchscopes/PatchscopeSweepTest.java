package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.SweepEstimate;
import dev.patchscopes.model.SweepJournalException;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sweeps say what patchscopes alone say, however many prompts, positions and mappings they take.
 */
class PatchscopeSweepTest {

    private static final TokenizedPrompt LONG = TokenizedPrompt.ofIds(5, 17, 90, 33, 61, 3);
    private static final TokenizedPrompt SHORT = TokenizedPrompt.ofIds(41, 9, 66);
    private static final TokenizedPrompt TARGET = TokenizedPrompt.ofIds(8, 8, 21, 44, 70, 12);
    private static final TokenizedPrompt OTHER_TARGET = TokenizedPrompt.ofIds(30, 77, 2, 19);
    private static final Mapping NEGATED =
            Mapping.of("negated", h -> Arrays.stream(h).map(v -> -v).toArray());

    private static HookedModel neox;
    private static HookedModel llama;

    @BeforeAll
    static void load() {
        neox = SmallModels.load("gpt_neox_parallel", ComputeType.FLOAT64); // 3 blocks
        llama = SmallModels.load("llama", ComputeType.FLOAT64);
    }

    @AfterAll
    static void close() {
        neox.close();
        llama.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4})
    void everyGridIsThePatchscopeOfItsCombination(int newTokens) {
        PatchscopeSweep sweep =
                onNeox(newTokens)
                        .sweep()
                        .layers(Layers.all(), Layers.at(1, 3))
                        .sourcePrompts(ImmutableList.of(LONG, SHORT))
                        .sourcePositions(Positions.last(), Positions.at(1))
                        .mappings(Mapping.identity(), NEGATED)
                        .targetPrompts(ImmutableList.of(TARGET, OTHER_TARGET))
                        .targetPosition(Positions.at(-2));

        ImmutableList<LayerGrid> grids = sweep.run();

        assertThat(grids).hasSize(16).allSatisfy(grid -> assertThat(grid.cells()).hasSize(8));
        int index = 0;
        for (TokenizedPrompt source : List.of(LONG, SHORT)) {
            for (Positions position : List.of(Positions.last(), Positions.at(1))) {
                for (Mapping mapping : List.of(Mapping.identity(), NEGATED)) {
                    for (TokenizedPrompt target : List.of(TARGET, OTHER_TARGET)) {
                        Patchscope alone =
                                Patchscope.on(neox)
                                        .sourcePrompt(source)
                                        .sourcePosition(position)
                                        .sourceLayer(1)
                                        .mapping(mapping)
                                        .targetPrompt(target)
                                        .targetPosition(Positions.at(-2))
                                        .targetLayer(2)
                                        .maxNewTokens(newTokens)
                                        .build();
                        assertSame(grids.get(index++), alone);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSweepGoesOnFromItsFile(boolean twoModels, @TempDir Path folder) {
        Patchscope scope = twoModels ? fromLlama(SHORT, affine(21), 0) : onNeox(0);
        PatchscopeSweep sweep =
                scope.sweep()
                        .layers(Layers.all(), Layers.all())
                        .resume(folder.resolve("grid.journal"));
        ImmutableList<LayerGrid> first = sweep.run();

        ImmutableList<LayerGrid> again = sweep.execution(Execution.NAIVE).run();

        assertThat(again).hasSameSizeAs(first);
        for (int i = 0; i < first.size(); i++) {
            // to the last bit although naive cells differ in rounding: they were not computed again
            assertThat(again.get(i).cells()).isEqualTo(first.get(i).cells());
        }
        assertThatThrownBy(() -> sweep.mappings(twoModels ? affine(22) : NEGATED).run())
                .isInstanceOf(SweepJournalException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void vectorsOfAnotherModelAreReadMappedAndWritten(int newTokens) {
        Mapping affine = affine(11);
        Mapping other = affine(12);
        Patchscope scope = fromLlama(SHORT, affine, newTokens);

        PatchscopeSweep sweep =
                scope.sweep()
                        .layers(Layers.all(), Layers.all())
                        .sourcePrompts(ImmutableList.of(LONG, SHORT, LONG))
                        .mappings(affine, other)
                        .targetPrompts(ImmutableList.of(TARGET, OTHER_TARGET));
        ImmutableList<LayerGrid> grids = sweep.run();

        assertThat(grids).hasSize(12);
        int index = 0;
        for (TokenizedPrompt source : List.of(LONG, SHORT, LONG)) {
            for (Mapping mapping : List.of(affine, other)) {
                for (TokenizedPrompt target : List.of(TARGET, OTHER_TARGET)) {
                    Patchscope alone =
                            Patchscope.on(llama)
                                    .sourcePrompt(source)
                                    .sourceLayer(2)
                                    .mapping(mapping)
                                    .targetModel(neox)
                                    .targetPrompt(target)
                                    .targetLayer(1)
                                    .maxNewTokens(newTokens)
                                    .build();
                    assertSame(grids.get(index++), alone);
                }
            }
        }
        // one prompt a batch: other passes, the same numbers
        assertClose(sweep.memoryBudget(1).run(), grids);
    }

    @Test
    void theSourcePositionIsLookedForInEachPrompt() {
        ImmutableList<LayerGrid> grids =
                onNeox(0)
                        .sweep()
                        .sameLayers(Layers.range(1, 2))
                        .sourcePrompts(ImmutableList.of(LONG, SHORT))
                        .run();

        assertThat(grids).extracting(g -> g.provenance().source().position()).containsExactly(5, 2);
        assertThat(grids)
                .extracting(g -> g.provenance().source().prompt())
                .containsExactly(LONG, SHORT);
        assertThat(grids.get(1).cells())
                .extracting(c -> c.sourceLayer() + "-" + c.targetLayer())
                .containsExactly("1-1", "2-2");
    }

    @Test
    void onePromptMayBeSourceAndTarget() {
        Patchscope scope =
                Patchscope.on(neox)
                        .sourcePrompt(TARGET)
                        .sourcePosition(Positions.at(3))
                        .sourceLayer(1)
                        .targetPrompt(TARGET)
                        .targetPosition(Positions.at(3))
                        .targetLayer(1)
                        .maxNewTokens(3)
                        .build();
        LayerGrid grid = scope.sweep().layers(Layers.all(), Layers.all()).run().get(0);

        assertSame(grid, scope);
        for (int layer = 0; layer <= neox.layers(); layer++) {
            assertClose(grid.at(layer, layer), grid.unpatched()); // put back where it was
        }
    }

    @Test
    void promptsOfTheSameTokensShareTheirBaseRun() {
        GridPlan.Spot target = new GridPlan.Spot(TARGET, 5);
        GridPlan.Spot sameTokens = new GridPlan.Spot(TokenizedPrompt.ofIds(TARGET.ids()), 2);
        GridPlan.Spot other = new GridPlan.Spot(LONG, 2);

        assertThat(sweep(List.of(target, sameTokens), target))
                .isEqualTo("Sweep[gpt_neox_parallel, 3 cells on 1 base runs, EXACT]");
        assertThat(sweep(List.of(target, other, new GridPlan.Spot(LONG, 3)), target))
                .isEqualTo("Sweep[gpt_neox_parallel, 4 cells on 2 base runs, EXACT]");
    }

    private static String sweep(List<GridPlan.Spot> sources, GridPlan.Spot target) {
        GridPlan plan =
                new GridPlan(
                        onNeox(0),
                        sources,
                        List.of(Mapping.identity()),
                        List.of(target),
                        List.of(new GridPlan.LayerPair(1, 2)));
        return plan.sweep(plan.fromBaseRuns()).toString();
    }

    @Test
    void whatIsAskedTwiceIsComputedOnce() {
        PatchscopeSweep once = onNeox(0).sweep().layers(Layers.all(), Layers.all());
        PatchscopeSweep twice =
                once.sourcePrompts(ImmutableList.of(LONG, LONG))
                        .sourcePositions(Positions.last(), Positions.at(5));

        assertThat(once.explain().cells()).isEqualTo(17);
        assertThat(twice.explain()).isEqualTo(once.explain());
        ImmutableList<LayerGrid> grids = twice.run();
        assertThat(grids).hasSize(4);
        assertThat(grids).allSatisfy(grid -> assertThat(grid).isEqualTo(grids.get(0)));
        assertClose(grids.subList(0, 1), once.run());
    }

    @Test
    void theEstimateOfTwoModelsCountsBoth() {
        PatchscopeSweep sweep = fromLlama(SHORT, affine(3), 0).sweep();
        SweepEstimate early = sweep.layers(Layers.at(1), Layers.at(1)).explain();
        SweepEstimate late = sweep.layers(Layers.at(2), Layers.at(1)).explain();

        assertThat(late.cells()).isEqualTo(2);
        // a block more of the source model, for each token of the source prompt
        assertThat(late.rows() - early.rows()).isEqualTo(SHORT.length());
        assertThat(late.blockCalls() - early.blockCalls()).isEqualTo(1);
    }

    @Test
    void sourcePromptsOfAnotherModelAreReadInBatchesThatFit() {
        ImmutableSet<GridPlan.Origin> origins =
                ImmutableSet.of(
                        new GridPlan.Origin(new GridPlan.Spot(LONG, 1), 2, 0),
                        new GridPlan.Origin(new GridPlan.Spot(LONG, 3), 1, 0),
                        new GridPlan.Origin(new GridPlan.Spot(SHORT, 0), 1, 0));
        SweepEstimate target = new SweepEstimate(3, 0, 1, 10, 100, 200, 1);

        SweepEstimate together =
                new SourceVectors(llama, origins, Optional.empty(), false).with(target);
        SweepEstimate apart =
                new SourceVectors(llama, origins, Optional.of(1L), false).with(target);

        // through two blocks; together the shorter prompt is padded to the longer one
        assertThat(together.rows()).isEqualTo(100 + 2 * 12);
        assertThat(together.blockCalls()).isEqualTo(10 + 2);
        assertThat(apart.rows()).isEqualTo(100 + 2 * 9);
        assertThat(apart.blockCalls()).isEqualTo(10 + 2 * 2);
        assertThat(together.bytes()).isGreaterThan(apart.bytes());
        assertThat(apart.bytes()).isGreaterThan(1);
    }

    @Test
    void naiveIsExact() {
        for (PatchscopeSweep sweep :
                List.of(
                        onNeox(3).sweep().mappings(NEGATED, Mapping.identity()),
                        fromLlama(LONG, affine(5), 3).sweep())) {
            PatchscopeSweep all =
                    sweep.layers(Layers.all(), Layers.everyNth(2))
                            .sourcePrompts(ImmutableList.of(SHORT, LONG))
                            .targetPrompts(ImmutableList.of(TARGET, OTHER_TARGET));

            assertClose(all.execution(Execution.NAIVE).run(), all.run());
            assertClose(all.memoryBudget(1).run(), all.run());
        }
    }

    @Test
    void theReadingIsTheOneAskedFor() {
        PatchscopeSweep sweep = onNeox(0).sweep().sameLayers(Layers.at(1));

        assertThat(sweep.run().get(0).at(1, 1).top()).hasSize(5);
        assertThat(sweep.reading(2).run().get(0).at(1, 1).top()).hasSize(2);
        CellResult cell =
                sweep.reading(Reading.probabilitiesOf(7).withDistribution()).run().get(0).at(1, 1);
        assertThat(cell.probabilities().get(0))
                .isCloseTo(cell.distribution().orElseThrow().probability(7), within(1e-12));
        LayerGrid logits = sweep.reading(Reading.logitsOf(7, 8)).run().get(0);
        assertThat(logits.at(1, 1).logits().length()).isEqualTo(2);
        assertThat(logits.toString()).contains("1:logits [");
        assertThat(logits.toCsv()).endsWith("\n1,1,,,\"\"\n");
    }

    @Test
    void aListenerHearsOfCellsAndCanStop() {
        List<Long> heard = new ArrayList<>();
        onNeox(0)
                .sweep()
                .layers(Layers.all(), Layers.at(1))
                .progress((done, total, elapsed) -> heard.add(10 * total + done))
                .run();
        assertThat(heard).containsExactly(51L, 52L, 53L, 54L, 55L);

        PatchscopeSweep sweep = onNeox(0).sweep().sameLayers(Layers.all());
        assertThatThrownBy(sweep.progress(new StopAt(0))::run)
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void aStoppedSweepReadsNothingInTheOtherModel() {
        AtomicInteger mapped = new AtomicInteger();
        Mapping counting =
                Mapping.of(
                        "counting",
                        h -> {
                            mapped.incrementAndGet();
                            return new double[neox.width()];
                        });
        PatchscopeSweep sweep = fromLlama(SHORT, counting, 0).sweep().sameLayers(Layers.all());

        assertThatThrownBy(sweep.progress(new StopAt(0))::run)
                .isInstanceOf(CancellationException.class);
        assertThat(mapped).hasValue(0);
        sweep.run();
        assertThat(mapped).hasValue(4); // a layer each
    }

    @Test
    void naiveGoesOneCellAfterTheOther() {
        StopAt listener = new StopAt(2);
        PatchscopeSweep sweep =
                fromLlama(SHORT, affine(2), 0)
                        .sweep()
                        .sameLayers(Layers.all())
                        .execution(Execution.NAIVE)
                        .progress(listener);

        // cells computed together would all be finished before the listener is asked again
        assertThatThrownBy(sweep::run).isInstanceOf(CancellationException.class);
        assertThat(listener.done).isEqualTo(2);
    }

    /** Stops once some cells are finished. */
    private static final class StopAt implements Progress {
        private final long enough;
        private long done;

        StopAt(long enough) {
            this.enough = enough;
        }

        @Override
        public void update(long finished, long total, Duration elapsed) {
            done = finished;
        }

        @Override
        public boolean isCancelled() {
            return done >= enough;
        }
    }

    @Test
    void aSweepIsNotChangedByWhatIsMadeOfIt() {
        PatchscopeSweep sweep = onNeox(0).sweep().sameLayers(Layers.at(1));
        sweep.layers(Layers.all(), Layers.all()).sourcePrompts(ImmutableList.of(LONG, SHORT));

        assertThat(sweep.explain().cells()).isEqualTo(2);
        assertThat(sweep)
                .hasToString(
                        "PatchscopeSweep[layer 1 of token 5 \"#3\" in gpt_neox_parallel -> identity -> layer 2 of token 5 \"#12\" in gpt_neox_parallel; 1 pairs of layers, 1 source prompts x 1 positions x 1 mappings x 1 target prompts, EXACT]");
    }

    /** From the last token of a prompt to the last token of another. */
    private static Patchscope onNeox(int newTokens) {
        return Patchscope.on(neox)
                .sourcePrompt(LONG)
                .sourceLayer(1)
                .targetPrompt(TARGET)
                .targetLayer(2)
                .maxNewTokens(newTokens)
                .build();
    }

    private static Patchscope fromLlama(TokenizedPrompt source, Mapping mapping, int newTokens) {
        return Patchscope.on(llama)
                .sourcePrompt(source)
                .sourceLayer(2)
                .mapping(mapping)
                .targetModel(neox)
                .targetPrompt(TARGET)
                .targetLayer(1)
                .maxNewTokens(newTokens)
                .build();
    }

    private static Mapping affine(int seed) {
        Random random = new Random(seed);
        double[][] matrix = new double[neox.width()][llama.width()];
        for (double[] row : matrix) {
            Arrays.setAll(row, i -> random.nextGaussian() / 4);
        }
        return Mapping.affine(matrix, random.doubles(neox.width()).toArray());
    }

    private static void assertSame(LayerGrid grid, Patchscope alone) {
        assertThat(grid.provenance()).isEqualTo(alone.provenance());
        for (LayerGrid.GridCell cell : grid.cells()) {
            PatchscopeResult result = alone.atLayers(cell.sourceLayer(), cell.targetLayer()).run();
            assertSame(cell.result(), result.patched());
            assertSame(grid.unpatched(), result.unpatched());
        }
    }

    private static void assertSame(CellResult cell, Answer answer) {
        assertTop(cell.top(), answer.next().top(5));
        Optional<Generation> generated = cell.generation();
        assertThat(generated.map(Generation::ids).orElse(ImmutableIntArray.of()))
                .isEqualTo(answer.generation().ids());
        generated.ifPresent(
                g -> {
                    assertThat(g.prompt()).isEqualTo(answer.generation().prompt());
                    assertTop(g.tokens(), answer.generation().tokens());
                });
    }

    private static void assertTop(List<TokenProbability> tokens, List<TokenProbability> expected) {
        assertThat(tokens).hasSameSizeAs(expected);
        for (int i = 0; i < tokens.size(); i++) {
            assertThat(tokens.get(i).id()).isEqualTo(expected.get(i).id());
            assertThat(tokens.get(i).probability())
                    .isCloseTo(expected.get(i).probability(), within(1e-12));
        }
    }

    private static void assertClose(List<LayerGrid> grids, List<LayerGrid> expected) {
        assertThat(grids).hasSameSizeAs(expected);
        for (int i = 0; i < grids.size(); i++) {
            LayerGrid grid = grids.get(i);
            assertThat(grid.provenance()).isEqualTo(expected.get(i).provenance());
            assertThat(grid.cells()).hasSameSizeAs(expected.get(i).cells());
            for (LayerGrid.GridCell cell : expected.get(i).cells()) {
                assertClose(grid.at(cell.sourceLayer(), cell.targetLayer()), cell.result());
            }
            assertClose(grid.unpatched(), expected.get(i).unpatched());
        }
    }

    private static void assertClose(CellResult cell, CellResult expected) {
        assertTop(cell.top(), expected.top());
        assertThat(cell.generation().map(Generation::ids))
                .isEqualTo(expected.generation().map(Generation::ids));
    }
}
