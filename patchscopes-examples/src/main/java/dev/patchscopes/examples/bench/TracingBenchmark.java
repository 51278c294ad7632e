package dev.patchscopes.examples.bench;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.MatrixProducts;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.causal.CausalTrace;
import dev.patchscopes.trace.causal.CausalTracing;
import dev.patchscopes.trace.causal.TraceKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
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
 * Causal tracing on a 12-token prompt: all cells together, beside full forward passes in the way of
 * the method's own code. Attention knockout has a benchmark of its own, {@link KnockoutBenchmark}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class TracingBenchmark {
    private static final int TOKENS = 12;
    private static final Positions SUBJECT = Positions.at(3, 4, 5);
    private static final int COPIES = 10;
    private static final int ANSWER = 77;

    /** Blocks and width. */
    @Param({"12x768"})
    public String size;

    /** How the model multiplies by its weights. */
    @Param({"PACKED", "TUNED", "PLAIN"})
    public MatrixProducts products;

    private HookedModel model;
    private TokenizedPrompt prompt;
    private final List<double[]> noise = new ArrayList<>();

    /** Made by the harness. */
    public TracingBenchmark() {}

    /** Makes the model. */
    @Setup(Level.Trial)
    public void setUp() {
        RandomCheckpoint checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.loader(checkpoint.write()).matrixProducts(products).load();
        prompt =
                TokenizedPrompt.ofIds(
                        new SplittableRandom(4).ints(TOKENS, 0, checkpoint.vocabulary()).toArray());
        Random random = new Random(5);
        for (int copy = 0; copy < COPIES; copy++) {
            noise.add(random.doubles(3L * model.width(), -0.1, 0.1).toArray());
        }
        warmUp();
    }

    /** Both ways once, with fewer cells: the slow ones are measured without warm-up. */
    private void warmUp() {
        model.run(prompt).execute();
        model.run(TokenBatch.of(Collections.nCopies(COPIES, prompt))).execute();
        for (Execution execution : Execution.values()) {
            tracing(execution).kinds(TraceKind.RESIDUAL).copies(1).run();
        }
    }

    /** Releases it. */
    @TearDown(Level.Trial)
    public void tearDown() {
        model.close();
    }

    private CausalTracing tracing(Execution execution) {
        return CausalTracing.of(model)
                .prompt(prompt)
                .subject(SUBJECT)
                .answer(ANSWER)
                .copies(COPIES)
                .kinds(TraceKind.RESIDUAL, TraceKind.MLP_OUT, TraceKind.ATTN_OUT)
                .execution(execution);
    }

    /**
     * A whole causal trace: residuals, and MLP and attention outputs in windows of blocks, restored
     * at every layer and token of every copy, together.
     *
     * @return the trace
     */
    @Benchmark
    public CausalTrace traceExact() {
        return tracing(Execution.EXACT).run();
    }

    /**
     * The same with a full pass for every cell of every copy.
     *
     * @return the trace
     */
    @Benchmark
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public CausalTrace traceNaive() {
        return tracing(Execution.NAIVE).run();
    }

    private Intervention corruption(int copy) {
        return Intervention.add(HookPoint.residual(0), SUBJECT, noise.get(copy));
    }

    /**
     * One residual restored in every copy, for every layer and token, together.
     *
     * @return the cells
     */
    @Benchmark
    public List<CellResult> restoredExact() {
        List<BaseRun> bases = new ArrayList<>(List.of(BaseRun.of(prompt)));
        for (int copy = 0; copy < COPIES; copy++) {
            bases.add(new BaseRun(prompt, ImmutableList.of(corruption(copy))));
        }
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int token = 0; token < TOKENS; token++) {
                for (int copy = 0; copy < COPIES; copy++) {
                    cells.add(
                            Cell.of(copy + 1)
                                    .patched(
                                            Patch.of(
                                                    0,
                                                    HookPoint.residual(layer),
                                                    Positions.at(token))));
                }
            }
        }
        return model.sweep(bases).cells(cells).reading(Reading.probabilitiesOf(ANSWER)).execute();
    }

    /**
     * One residual restored in every copy: the clean run once, then a pass over all copies for
     * every layer and token.
     *
     * @return the answer's probabilities
     */
    @Benchmark
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public ImmutableDoubleArray restoredNaive() {
        List<HookPoint> points = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            points.add(HookPoint.residual(layer));
        }
        var clean = model.run(prompt).capture(points).execute();
        TokenBatch copies = TokenBatch.of(Collections.nCopies(COPIES, prompt));
        List<Intervention> corruptions = new ArrayList<>();
        for (int copy = 0; copy < COPIES; copy++) {
            corruptions.add(
                    Intervention.add(HookPoint.residual(0), SUBJECT, noise.get(copy)).rows(copy));
        }
        ImmutableDoubleArray.Builder out = ImmutableDoubleArray.builder();
        for (HookPoint point : points) {
            for (int token = 0; token < TOKENS; token++) {
                Positions at = Positions.at(token);
                List<Intervention> all = new ArrayList<>(corruptions);
                all.add(Intervention.replace(point, at, clean.vector(point, at)));
                var run = model.run(copies).intervene(all).execute();
                for (int copy = 0; copy < COPIES; copy++) {
                    out.add(run.next(copy).probability(ANSWER));
                }
            }
        }
        return out.build();
    }
}
