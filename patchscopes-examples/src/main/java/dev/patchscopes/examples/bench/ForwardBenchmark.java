package dev.patchscopes.examples.bench;

import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
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

/** One forward pass, next token's distribution included, beside its bare products. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 4)
@Fork(1)
public class ForwardBenchmark {

    /** Blocks and width. */
    @Param({"12x64", "12x768", "24x1024"})
    public String size;

    /** Tokens. */
    @Param({"16", "64", "256"})
    public int tokens;

    private HookedModel model;
    private BareProducts products;
    private TokenizedPrompt prompt;
    private List<HookPoint> residuals;

    /** Made by the harness. */
    public ForwardBenchmark() {}

    /** Makes the model. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.load(checkpoint.write());
        products = new BareProducts(checkpoint);
        int[] ids = new SplittableRandom(2).ints(tokens, 0, checkpoint.vocabulary()).toArray();
        prompt = TokenizedPrompt.ofIds(ids);
        residuals = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            residuals.add(HookPoint.residual(layer));
        }
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        products.close();
        model.close();
    }

    /**
     * Runs the model.
     *
     * @return the next token's distribution
     */
    @Benchmark
    public TokenDistribution forward() {
        return model.run(prompt).execute().next();
    }

    /**
     * Runs the model and reads the whole residual stream.
     *
     * @return the last residual's first value
     */
    @Benchmark
    public double forwardReadingResiduals() {
        return model.run(prompt)
                .capture(residuals)
                .logits()
                .execute()
                .get(HookPoint.residual(model.layers()))
                .get(0, 0, 0);
    }

    /**
     * Multiplies the same matrices.
     *
     * @return one value
     */
    @Benchmark
    public float products() {
        return products.forward(tokens, tokens, 1);
    }
}
