package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

/** Cells computed together are the cells computed one by one. */
class SweepTest {
    private static final long SEED = Long.getLong("seed", 20231);

    @EachGolden
    void mergedCellsEqualFullRuns(GoldenModel g) {
        RandomCells random = new RandomCells(g.model(), SEED);
        List<Cell> cells = random.cells(80);
        Sweep sweep =
                g.model()
                        .sweep(random.bases())
                        .cells(cells)
                        .reading(Reading.top(3).withDistribution());
        List<CellResult> naive = sweep.execution(Execution.NAIVE).execute();
        double bound = g.type() == ComputeType.FLOAT64 ? 1e-12 : 1e-5;
        for (long budget : new long[] {1L << 30, 100_000, 1}) { // all at once, and in many waves
            List<CellResult> merged = sweep.memoryBudget(budget).execute();
            for (int i = 0; i < cells.size(); i++) {
                assertThat(difference(naive.get(i), merged.get(i)))
                        .as("seed %d, budget %d, %s", SEED, budget, cells.get(i))
                        .isLessThan(bound);
            }
        }
    }

    @EachGolden
    void lastResidualsAreWhatDistributionsAreMadeOf(GoldenModel g) {
        RandomCells random = new RandomCells(g.model(), SEED + 3);
        List<Cell> cells = random.cells(12);
        Sweep sweep = g.model().sweep(random.bases()).cells(cells).reading(Reading.lastResidual());
        List<CellResult> naive = sweep.execution(Execution.NAIVE).execute();
        List<CellResult> merged = sweep.execution(Execution.EXACT).execute();
        double bound = g.type() == ComputeType.FLOAT64 ? 1e-12 : 1e-5;
        for (int i = 0; i < cells.size(); i++) {
            double[] a = naive.get(i).residual().toArray();
            double[] b = merged.get(i).residual().toArray();
            assertThat(b).hasSize(g.model().width());
            assertThat(difference(a, b))
                    .as("seed %d, %s", SEED + 3, cells.get(i))
                    .isLessThan(bound);
        }
        // an edit of the last layer alone is what unembedding it shows
        double[] h = naive.get(0).residual().toArray();
        TokenizedPrompt prompt = random.bases().get(0).prompt();
        Cell cell =
                Cell.of(
                        0,
                        Intervention.replace(
                                HookPoint.residual(g.model().layers()), Positions.last(), h));
        CellResult whole =
                g.model()
                        .sweep(BaseRun.of(prompt))
                        .cells(List.of(cell))
                        .reading(Reading.top(1).withDistribution())
                        .execute()
                        .get(0);
        assertThat(
                        difference(
                                g.model().unembed(h).logits(),
                                whole.distribution().orElseThrow().logits()))
                .isLessThan(bound);
    }

    /** The library that multiplies by packed weights serves every family. */
    @EachGolden
    void mergedCellsOfPackedWeightsEqualFullRuns(GoldenModel g) {
        assumeThat(g.type()).as("packed weights").isEqualTo(ComputeType.FLOAT32);
        try (HookedModel model = g.packed()) {
            RandomCells random = new RandomCells(model, SEED + 2);
            List<Cell> cells = random.cells(20);
            Sweep sweep =
                    model.sweep(random.bases())
                            .cells(cells)
                            .reading(Reading.top(3).withDistribution());
            List<CellResult> naive = sweep.execution(Execution.NAIVE).execute();
            List<CellResult> merged = sweep.execution(Execution.EXACT).execute();
            for (int i = 0; i < cells.size(); i++) {
                assertThat(difference(naive.get(i), merged.get(i)))
                        .as("seed %d, %s", SEED + 2, cells.get(i))
                        .isLessThan(1e-5);
            }
        }
    }

    /** Largest difference of logits, as a part of the largest logit. */
    private static double difference(CellResult expected, CellResult actual) {
        double[] a = expected.distribution().orElseThrow().logits();
        double[] b = actual.distribution().orElseThrow().logits();
        return difference(a, b);
    }

    private static double difference(double[] a, double[] b) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i]));
            difference = Math.max(difference, Math.abs(a[i] - b[i]));
        }
        return difference / largest;
    }

    @EachGolden
    void mergedCellsGenerateAsFullRunsDo(GoldenModel g) {
        RandomCells random = new RandomCells(g.model(), SEED + 1);
        List<Cell> cells = random.cells(16);
        Sweep sweep = g.model().sweep(random.bases()).cells(cells).generate(5);
        List<CellResult> naive = sweep.execution(Execution.NAIVE).execute();
        for (long budget : new long[] {1L << 30, 200_000}) {
            List<CellResult> merged = sweep.memoryBudget(budget).execute();
            for (int i = 0; i < cells.size(); i++) {
                Generation expected = naive.get(i).generation().orElseThrow();
                Generation actual = merged.get(i).generation().orElseThrow();
                assertThat(actual.ids())
                        .as("seed %d, budget %d, %s", SEED, budget, cells.get(i))
                        .isEqualTo(expected.ids());
                assertThat(actual.reason()).isEqualTo(expected.reason());
            }
        }
    }
}
