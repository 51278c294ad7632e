package dev.patchscopes.examples.bench;

import dev.patchscopes.lens.LensReading;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MatrixProducts;
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
 * A lens over all layers and positions of a 64-token prompt, beside a plain forward pass and the
 * bare vocabulary product of the same rows: what no lens can do without.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 7)
@Fork(1)
public class LensBenchmark {

    /** Blocks and width. */
    @Param({"12x768", "24x1024"})
    public String size;

    /** How the model multiplies by its weights. */
    @Param({"PLAIN", "TUNED"})
    public MatrixProducts products;

    private HookedModel model;
    private BareProducts bare;
    private TokenizedPrompt prompt;

    /** Made by the harness. */
    public LensBenchmark() {}

    /** Makes the model. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.loader(checkpoint.write()).matrixProducts(products).load();
        bare = new BareProducts(checkpoint);
        SplittableRandom random = new SplittableRandom(3);
        prompt = TokenizedPrompt.ofIds(random.ints(64, 0, checkpoint.vocabulary()).toArray());
        model.run(prompt).execute();
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        bare.close();
        model.close();
    }

    /**
     * A plain forward pass.
     *
     * @return the most probable token
     */
    @Benchmark
    public int forward() {
        return model.run(prompt).execute().next().argMax();
    }

    /**
     * The vocabulary product of every layer's states.
     *
     * @return something that depends on it
     */
    @Benchmark
    public float product() {
        return bare.vocabulary((model.layers() + 1) * prompt.length());
    }

    /**
     * The logit lens: top 5, entropy, divergence, ranks, of every layer and position.
     *
     * @return the reading
     */
    @Benchmark
    public LensReading logitLens() {
        return LogitLens.of(model).read(prompt);
    }
}
