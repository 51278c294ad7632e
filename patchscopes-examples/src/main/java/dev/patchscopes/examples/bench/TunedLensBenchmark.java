package dev.patchscopes.examples.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.lens.tuned.TrainingHistory;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.HookedModel;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * One step of a tuned lens's training on 256 tokens, all layers at once, beside its matrix products
 * and nothing else: the model's forward pass, its own logits, and for each layer the logits, the
 * way back through the unembedding, the translator and its gradient.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class TunedLensBenchmark {
    private static final int CHUNK = 128;

    /** Blocks and width. */
    @Param("12x768")
    public String size;

    /** Tokens of the step. */
    @Param("256")
    public int tokens;

    private RandomCheckpoint checkpoint;
    private HookedModel model;
    private BareProducts bare;
    private NDManager manager;
    private NDArray unembedding; // [d_vocab, d_model]
    private NDArray translator; // [d_model, d_model]
    private List<ImmutableIntArray> chunks;

    /** Made by the harness. */
    public TunedLensBenchmark() {}

    /** Makes model, weights and tokens. */
    @Setup(Level.Trial)
    public void setUp() {
        checkpoint = RandomCheckpoint.of(size);
        model = HookedModel.loader(checkpoint.write()).load();
        bare = new BareProducts(checkpoint);
        manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        unembedding =
                manager.randomUniform(
                        -0.03f, 0.03f, new Shape(checkpoint.vocabulary(), checkpoint.width()));
        translator =
                manager.randomUniform(
                        -0.03f, 0.03f, new Shape(checkpoint.width(), checkpoint.width()));
        SplittableRandom random = new SplittableRandom(1);
        chunks =
                IntStream.range(0, tokens / CHUNK)
                        .mapToObj(
                                i ->
                                        ImmutableIntArray.copyOf(
                                                random.ints(CHUNK, 0, checkpoint.vocabulary())))
                        .toList();
    }

    /** Releases them. */
    @TearDown(Level.Trial)
    public void tearDown() {
        manager.close();
        bare.close();
        model.close();
    }

    /**
     * Takes a step, with what starting and ending a training costs.
     *
     * @return the losses
     */
    @Benchmark
    public TrainingHistory step() {
        return train(1);
    }

    /**
     * Takes three steps: the difference to {@link #step} is two steps and nothing else.
     *
     * @return the losses
     */
    @Benchmark
    public TrainingHistory threeSteps() {
        return train(3);
    }

    private TrainingHistory train(int steps) {
        try (TunedLens lens =
                TunedLens.train(model)
                        .onTokens(chunks)
                        .repeating()
                        .steps(steps)
                        .tokensPerStep(tokens)
                        .fit()) {
            return lens.history();
        }
    }

    /**
     * Multiplies what a step multiplies.
     *
     * @return something that depends on the last product
     */
    @Benchmark
    public float bareProducts() {
        float sum = bare.forward(tokens, CHUNK, tokens);
        int d = checkpoint.width();
        try (NDManager scope = manager.newSubManager();
                NDArray x = scope.ones(new Shape(tokens, d), DataType.FLOAT32);
                NDArray transposed = unembedding.transpose();
                NDArray across = translator.transpose()) {
            for (int layer = 0; layer < checkpoint.layers(); layer++) {
                try (NDArray y = x.matMul(across); // [row, d_model]
                        NDArray logits = y.matMul(transposed); // [row, d_vocab]
                        NDArray back = logits.matMul(unembedding); // [row, d_model]
                        NDArray turned = back.transpose();
                        NDArray gradient = turned.matMul(x)) { // [d_model, d_model]
                    sum += gradient.getFloat(0, 0);
                }
            }
        }
        return sum;
    }
}
