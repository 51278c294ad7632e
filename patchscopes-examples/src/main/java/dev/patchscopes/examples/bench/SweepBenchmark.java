package dev.patchscopes.examples.bench;

import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Patchscope sweeps with a 12-token source and a 20-token target, patched at the last token: all
 * cells together, beside one full forward pass a cell.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class SweepBenchmark {

    /** Blocks and width. */
    @Param({"12x768", "24x1024"})
    public String size;

    private HookedModel model;
    private TokenizedPrompt source;
    private TokenizedPrompt target;

    /** Made by the harness. */
    public SweepBenchmark() {}

    /** Makes the model. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.load(checkpoint.write());
        SplittableRandom random = new SplittableRandom(3);
        source = TokenizedPrompt.ofIds(random.ints(12, 0, checkpoint.vocabulary()).toArray());
        target = TokenizedPrompt.ofIds(random.ints(20, 0, checkpoint.vocabulary()).toArray());
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        model.close();
    }

    private List<float[]> vectors() {
        List<HookPoint> points = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            points.add(HookPoint.residual(layer));
        }
        var activations = model.run(source).capture(points).execute();
        return points.stream().map(p -> activations.vector(p, Positions.last())).toList();
    }

    private static Cell patch(int layer, float[] vector) {
        return Cell.of(
                0, Intervention.replace(HookPoint.residual(layer), Positions.last(), vector));
    }

    private List<Cell> diagonal() {
        List<float[]> vectors = vectors();
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            cells.add(patch(layer, vectors.get(layer)));
        }
        return cells;
    }

    private List<Cell> grid() {
        List<Cell> cells = new ArrayList<>();
        for (float[] vector : vectors()) {
            for (int layer = 0; layer <= model.layers(); layer++) {
                cells.add(patch(layer, vector));
            }
        }
        return cells;
    }

    private List<CellResult> run(List<Cell> cells, Execution execution, int newTokens) {
        return model.sweep(BaseRun.of(target))
                .cells(cells)
                .generate(newTokens)
                .execution(execution)
                .execute();
    }

    /**
     * l* = l at all layers, together.
     *
     * @return the cells
     */
    @Benchmark
    public List<CellResult> diagonalExact() {
        return run(diagonal(), Execution.EXACT, 0);
    }

    /**
     * l* = l at all layers, a source and a target pass for each.
     *
     * @return the last cell
     */
    @Benchmark
    public List<CellResult> diagonalNaive() {
        List<CellResult> last = List.of();
        for (int layer = 0; layer <= model.layers(); layer++) {
            HookPoint point = HookPoint.residual(layer);
            float[] vector =
                    model.run(source)
                            .capture(point)
                            .logits()
                            .execute()
                            .vector(point, Positions.last());
            last = run(List.of(patch(layer, vector)), Execution.NAIVE, 0);
        }
        return last;
    }

    /**
     * Every l with every l*, together.
     *
     * @return the cells
     */
    @Benchmark
    public List<CellResult> gridExact() {
        return run(grid(), Execution.EXACT, 0);
    }

    /**
     * Every l with every l*, a target pass for each.
     *
     * @return the cells
     */
    @Benchmark
    public List<CellResult> gridNaive() {
        return run(grid(), Execution.NAIVE, 0);
    }

    /**
     * The grid with ten generated tokens, together.
     *
     * @return the cells
     */
    @Benchmark
    public List<CellResult> generationExact() {
        return run(grid(), Execution.EXACT, 10);
    }

    /**
     * The grid with ten generated tokens, a pass for each.
     *
     * @return the cells
     */
    @Benchmark
    public List<CellResult> generationNaive() {
        return run(grid(), Execution.NAIVE, 10);
    }
}
