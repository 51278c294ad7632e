package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SweepApiTest {
    private static final TokenizedPrompt PROMPT = TokenizedPrompt.ofIds(7, 30, 12, 55, 81, 9);
    private HookedModel model;

    @BeforeAll
    void load() {
        model = TestModels.exact("llama_gqa_llama3");
    }

    @AfterAll
    void close() {
        model.close();
    }

    private List<Cell> grid() {
        float[] vector = TestModels.vector(3, model.width());
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            cells.add(
                    Cell.of(
                            0,
                            Intervention.replace(
                                    HookPoint.residual(layer), Positions.last(), vector)));
        }
        return cells;
    }

    @Test
    void readsWhatWasAskedFor() {
        CellResult result =
                model.sweep(BaseRun.of(PROMPT))
                        .cells(grid())
                        .reading(Reading.probabilitiesOf(5, 6).withDistribution())
                        .execute()
                        .get(2);
        TokenDistribution distribution = result.distribution().orElseThrow();
        assertThat(result.probabilities().get(0))
                .isCloseTo(distribution.probability(5), within(1e-14));
        assertThat(result.probabilities().get(1))
                .isCloseTo(distribution.probability(6), within(1e-14));
        assertThat(result.top().get(0).id()).isEqualTo(distribution.argMax());
        CellResult reduced =
                model.sweep(BaseRun.of(PROMPT))
                        .cells(grid())
                        .reading(Reading.probabilitiesOf(5, 6))
                        .execute()
                        .get(2);
        assertThat(reduced.distribution()).isEmpty();
        assertThat(reduced.top().get(0).id()).isEqualTo(distribution.argMax());
        assertThat(reduced.probabilities().get(1))
                .isCloseTo(distribution.probability(6), within(1e-14));
    }

    @Test
    void aPatchAtTheLastLayerIsTheVectorUnembedded() {
        float[] vector = TestModels.vector(3, model.width());
        CellResult result =
                model.sweep(BaseRun.of(PROMPT))
                        .cells(grid())
                        .reading(Reading.top(1).withDistribution())
                        .execute()
                        .get(model.layers());
        assertThat(result.distribution().orElseThrow().logits())
                .containsExactly(model.unembed(vector).logits(), within(1e-13));
    }

    @Test
    void aCellWithoutChangesIsItsBaseRun() {
        CellResult result =
                model.sweep(BaseRun.of(PROMPT))
                        .cells(List.of(Cell.of(0)))
                        .reading(Reading.top(1).withDistribution())
                        .execute()
                        .get(0);
        assertThat(result.distribution().orElseThrow().logits())
                .containsExactly(model.run(PROMPT).execute().next().logits(), within(1e-13));
    }

    @Test
    void changesThatLookAtTheWholePromptRunAlone() {
        List<Cell> cells =
                List.of(
                        Cell.of(0, Intervention.mean(HookPoint.mlpOut(1), Positions.last())),
                        Cell.of(
                                0,
                                Intervention.custom(
                                        HookPoint.residual(2), (x, context) -> x.mul(2))));
        Sweep sweep =
                model.sweep(BaseRun.of(PROMPT))
                        .cells(cells)
                        .reading(Reading.top(2).withDistribution());
        assertThat(sweep.explain().alone()).isEqualTo(2);
        List<CellResult> naive = sweep.execution(Execution.NAIVE).execute();
        List<CellResult> exact = sweep.execute();
        for (int i = 0; i < cells.size(); i++) {
            assertThat(exact.get(i).distribution().orElseThrow().logits())
                    .isEqualTo(naive.get(i).distribution().orElseThrow().logits());
        }
    }

    @Test
    void explainsWhatItWillTake() {
        int layers = model.layers();
        SweepEstimate estimate = model.sweep(BaseRun.of(PROMPT)).cells(grid()).explain();
        assertThat(estimate.cells()).isEqualTo(layers + 1);
        assertThat(estimate.waves()).isEqualTo(1);
        // the base run but for the token every cell replaces, and one row from a cell's layer on
        assertThat(estimate.rows()).isEqualTo(5L * layers + layers * (layers + 1L) / 2);
        assertThat(estimate.naiveRows()).isEqualTo(6L * layers * (layers + 1));
        assertThat(estimate.blockCalls()).isEqualTo(layers);
        assertThat(estimate.toString()).contains("5 cells in 1 waves");
        assertThat(model.sweep(BaseRun.of(PROMPT)).cells(grid()).memoryBudget(1).explain().waves())
                .isEqualTo(layers + 1);
    }

    @Test
    void tellsProgressAndCanBeStopped() {
        List<Long> heard = new ArrayList<>();
        model.sweep(BaseRun.of(PROMPT))
                .cells(grid())
                .progress((done, total, elapsed) -> heard.add(done))
                .execute();
        assertThat(heard).containsExactly(1L, 2L, 3L, 4L, 5L);
        Progress stop =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        return true;
                    }
                };
        for (Execution execution : Execution.values()) {
            Sweep sweep =
                    model.sweep(BaseRun.of(PROMPT))
                            .cells(grid())
                            .execution(execution)
                            .progress(stop);
            assertThatThrownBy(sweep::execute).isInstanceOf(CancellationException.class);
        }
        assertThat(Progress.remaining(1, 4, Duration.ofSeconds(2))).contains(Duration.ofSeconds(6));
        assertThat(Progress.remaining(0, 4, Duration.ofSeconds(2))).isEmpty();
        assertThat(Progress.remaining(2, 3, 6, Duration.ofSeconds(2)))
                .contains(Duration.ofSeconds(6));
        assertThat(Progress.remaining(2, 2, 6, Duration.ofSeconds(2))).isEmpty();
    }

    @Test
    void aCellThatGeneratesIsFinishedWhenItHas() {
        List<String> events = new ArrayList<>();
        Edit watched =
                Intervention.custom(
                                HookPoint.residual(1),
                                (x, context) -> {
                                    events.add("token read back");
                                    return x;
                                })
                        .during(Phase.DECODE);
        for (Execution execution : Execution.values()) {
            events.clear();
            model.sweep(BaseRun.of(PROMPT))
                    .cells(List.of(Cell.of(0, watched), Cell.of(0, watched, watched)))
                    .generate(3)
                    .execution(execution)
                    .progress((done, total, elapsed) -> events.add("cell " + done))
                    .execute();
            assertThat(events)
                    .startsWith("token read back", "token read back", "cell 1", "token read back")
                    .endsWith("token read back", "cell 2")
                    .hasSize(8);
        }
    }

    @Test
    void refusesWhatIsNotThere() {
        Sweep sweep = model.sweep(BaseRun.of(PROMPT));
        assertThatThrownBy(() -> sweep.cells(List.of(Cell.of(1))))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("base run 1 of a cell is not in 0..0");
        assertThatThrownBy(() -> sweep.reading(Reading.probabilitiesOf(100_000)))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("token id 100000");
        Cell impossible =
                Cell.of(0, Intervention.cutAttention(Positions.at(1), Positions.at(4), 0, 2));
        for (Execution execution : Execution.values()) {
            assertThatThrownBy(
                            () -> sweep.cells(List.of(impossible)).execution(execution).execute())
                    .isInstanceOf(InterventionException.class)
                    .hasMessageContaining("never applied");
        }
        Cell misfit =
                Cell.of(0, Intervention.replace(HookPoint.residual(1), Positions.last(), 1f, 2f));
        assertThatThrownBy(() -> sweep.cells(List.of(misfit)).execute())
                .isInstanceOf(InterventionException.class);
    }
}
