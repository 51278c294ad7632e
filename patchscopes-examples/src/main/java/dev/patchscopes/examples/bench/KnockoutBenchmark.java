package dev.patchscopes.examples.bench;

import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.knockout.AttentionKnockout;
import dev.patchscopes.trace.knockout.KnockoutResult;
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
 * The map of tokens by blocks of attention knockout on a 12-token prompt, each token cut off the
 * last one in every window: all cells together, beside a full forward pass for each.
 *
 * <p>Cut edges of the last token change only its own row, so that a cell computed exactly is a
 * decode step from its window's first block on.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class KnockoutBenchmark {
    private static final int TOKENS = 12;

    /** Blocks and width. */
    @Param({"12x768"})
    public String size;

    /** How the model multiplies by its weights. */
    @Param({"PACKED", "TUNED", "PLAIN"})
    public MatrixProducts products;

    private HookedModel model;
    private TokenizedPrompt prompt;

    /** Made by the harness. */
    public KnockoutBenchmark() {}

    /** Makes the model; lays out its weights and loads the code of both sides by one cut each. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.loader(checkpoint.write()).matrixProducts(products).load();
        prompt =
                TokenizedPrompt.ofIds(
                        new SplittableRandom(4).ints(TOKENS, 0, checkpoint.vocabulary()).toArray());
        for (Execution execution : Execution.values()) {
            AttentionKnockout.of(model)
                    .prompt(prompt)
                    .edges("one", Positions.last(), Positions.at(1))
                    .window(2 * model.layers()) // all blocks, whatever the centre: one cell
                    .execution(execution)
                    .run();
        }
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        model.close();
    }

    private KnockoutResult map(Execution execution) {
        return AttentionKnockout.of(model).prompt(prompt).perToken().execution(execution).run();
    }

    /**
     * The map, all cells together.
     *
     * @return the map
     */
    @Benchmark
    public KnockoutResult exact() {
        return map(Execution.EXACT);
    }

    /**
     * The map, a pass for each cell.
     *
     * @return the map
     */
    @Benchmark
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public KnockoutResult naive() {
        return map(Execution.NAIVE);
    }
}
