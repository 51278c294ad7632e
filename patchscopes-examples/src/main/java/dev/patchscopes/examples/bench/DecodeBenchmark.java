package dev.patchscopes.examples.bench;

import dev.patchscopes.model.Generation;
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
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Tokens a second of greedy decoding after a 16-token prompt, beside the bare products. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 3, time = 6)
@Fork(1)
public class DecodeBenchmark {
    private static final int PROMPT = 16;
    private static final int NEW_TOKENS = 32;

    /** Blocks and width. */
    @Param({"12x768", "24x1024"})
    public String size;

    /** How to multiply by weights. */
    @Param({"PACKED", "TUNED"})
    public MatrixProducts products;

    private HookedModel model;
    private BareProducts bare;
    private TokenizedPrompt prompt;

    /** Made by the harness. */
    public DecodeBenchmark() {}

    /** Makes the model. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.loader(checkpoint.write()).matrixProducts(products).load();
        bare = new BareProducts(checkpoint);
        prompt =
                TokenizedPrompt.ofIds(
                        new SplittableRandom(2).ints(PROMPT, 0, checkpoint.vocabulary()).toArray());
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        bare.close();
        model.close();
    }

    /**
     * Generates.
     *
     * @return what was generated
     */
    @Benchmark
    @OperationsPerInvocation(NEW_TOKENS)
    public Generation decode() {
        return model.generation(prompt).maxNewTokens(NEW_TOKENS).ignoringEndOfText().run().first();
    }

    /**
     * Multiplies the same matrices.
     *
     * @return one value
     */
    @Benchmark
    @OperationsPerInvocation(NEW_TOKENS)
    public float products() {
        float sum = bare.forward(PROMPT, PROMPT, 1);
        for (int step = 1; step < NEW_TOKENS; step++) {
            sum += bare.forward(1, PROMPT + step, 1);
        }
        return sum;
    }
}
