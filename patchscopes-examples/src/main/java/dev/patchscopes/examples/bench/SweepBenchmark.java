package dev.patchscopes.examples.bench;

import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.TokenDistribution;
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
 * cells together, beside full forward passes.
 *
 * <p>With {@code PLAIN} products a forward pass is what any program on the same tensor library
 * computes; with {@code TUNED} ones it is this library's own.
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

    /** How the model multiplies by its weights. */
    @Param({"PACKED", "TUNED", "PLAIN"})
    public MatrixProducts products;

    private HookedModel model;
    private BareProducts bare;
    private TokenizedPrompt source;
    private TokenizedPrompt target;

    /** Made by the harness. */
    public SweepBenchmark() {}

    /** Makes the model. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.loader(checkpoint.write()).matrixProducts(products).load();
        bare = new BareProducts(checkpoint);
        SplittableRandom random = new SplittableRandom(3);
        source = TokenizedPrompt.ofIds(random.ints(12, 0, checkpoint.vocabulary()).toArray());
        target = TokenizedPrompt.ofIds(random.ints(20, 0, checkpoint.vocabulary()).toArray());
        model.run(target).execute();
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        bare.close();
        model.close();
    }

    /** The vector of the source's last token at a layer, in the target's last token at another. */
    private static Cell patch(int from, int to) {
        return Cell.of(1)
                .patched(
                        Patch.of(0, HookPoint.residual(from), Positions.last())
                                .to(HookPoint.residual(to), Positions.last()));
    }

    private List<Cell> diagonal() {
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            cells.add(patch(layer, layer));
        }
        return cells;
    }

    private List<Cell> grid() {
        List<Cell> cells = new ArrayList<>();
        for (int from = 0; from <= model.layers(); from++) {
            for (int to = 0; to <= model.layers(); to++) {
                cells.add(patch(from, to));
            }
        }
        return cells;
    }

    private List<CellResult> run(List<Cell> cells, Execution execution, int newTokens) {
        return model.sweep(BaseRun.of(source), BaseRun.of(target))
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
    public TokenDistribution diagonalNaive() {
        List<TokenDistribution> all = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            HookPoint point = HookPoint.residual(layer);
            float[] vector =
                    model.run(source)
                            .capture(point)
                            .logits()
                            .execute()
                            .vector(point, Positions.last());
            all.add(
                    model.run(target)
                            .intervene(Intervention.replace(point, Positions.last(), vector))
                            .execute()
                            .next());
        }
        return all.get(all.size() - 1);
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
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public List<CellResult> gridNaive() {
        return run(grid(), Execution.NAIVE, 0);
    }

    /**
     * The matrix products of the rows that the grid computes, and nothing else.
     *
     * @return something that depends on them
     */
    @Benchmark
    public float gridProducts() {
        return bare.grid(12, 20);
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
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public List<CellResult> generationNaive() {
        return run(grid(), Execution.NAIVE, 10);
    }
}
