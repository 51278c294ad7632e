package dev.patchscopes.examples.bench;

import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Run;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
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
 * The Jacobian of the last residual with respect to the one a third of the way up, in a prompt of
 * 60 tokens with the input in the last 6: over those 6 in copies, beside one walk back over the
 * whole prompt a row.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class JacobianBenchmark {
    private static final int TOKENS = 60;
    private static final int SUFFIX = 6;

    /** Rows that {@link #rowsOverWholePrompt} computes: all of them would take minutes. */
    private static final int ROWS = 32;

    /** Blocks and width. */
    @Param("12x768")
    public String size;

    private HookedModel model;
    private Run run;
    private double[][] units;

    /** Made by the harness. */
    public JacobianBenchmark() {}

    /** Makes the model. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.load(checkpoint.write());
        SplittableRandom random = new SplittableRandom(4);
        run =
                model.run(
                        TokenizedPrompt.ofIds(
                                random.ints(TOKENS, 0, checkpoint.vocabulary()).toArray()));
        units = new double[ROWS][model.width()];
        for (int i = 0; i < ROWS; i++) {
            units[i][i] = 1;
        }
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        model.close();
    }

    private int layer() {
        return model.layers() / 3;
    }

    private static Positions input() {
        return Positions.at(TOKENS - SUFFIX);
    }

    /**
     * All rows.
     *
     * @return the Jacobian
     */
    @Benchmark
    public double[][] jacobian() {
        return run.jacobian(layer(), input(), model.layers(), Positions.last());
    }

    /**
     * The first 32 rows over the whole prompt; a function of tensors, here one that changes
     * nothing, makes it so. To compare with {@link #jacobian}, multiply by {@code d_model} / 32: 24
     * for a width of 768. That counts the forward pass 24 times too, which is about one row in 32.
     *
     * @return the rows
     */
    @Benchmark
    public double[][] rowsOverWholePrompt() {
        return run.intervene(
                        Intervention.custom(
                                HookPoint.residual(layer() + 1), (value, context) -> value))
                .vjp(layer(), input(), model.layers(), Positions.last(), units);
    }

    /**
     * One product from the left.
     *
     * @return u J
     */
    @Benchmark
    public double[] vjp() {
        return run.vjp(layer(), input(), model.layers(), Positions.last(), units[0]);
    }

    /**
     * One product from the right.
     *
     * @return J v
     */
    @Benchmark
    public double[] jvp() {
        return run.jvp(layer(), input(), model.layers(), Positions.last(), units[0]);
    }
}
