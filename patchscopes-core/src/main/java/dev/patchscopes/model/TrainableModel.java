package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.checkpoint.internal.WholeFile;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.CallersFailure;
import dev.patchscopes.model.internal.StoredNames;
import dev.patchscopes.model.internal.TrainingCheckpoint;
import dev.patchscopes.model.internal.TrainingRuntime;
import dev.patchscopes.model.internal.family.Families;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A model whose weights can be trained, on the CPU, through the same blocks that every other run of
 * this library computes.
 *
 * <p>It computes losses and gradients; what to do with them is for an optimiser to say, which
 * {@link #update} shows all parameters. Tied weights are one parameter.
 *
 * <p>The caller closes it. Not for several threads: it uses threads of its own, and they are
 * fastest when each computes alone, with {@code -Dai.djl.pytorch.num_threads=1}.
 *
 * <pre>{@code
 * try (TrainableModel model = TrainableModel.create(config, TrainingSetup.standard(), 42)) {
 *     Loss loss = model.accumulate(TrainingBatch.of(tokens));
 *     float step = (float) (0.1 / loss.weight());
 *     model.update((at, values, gradients, count) -> {
 *         for (int i = 0; i < count; i++) {
 *             values[i] -= step * gradients[i];
 *         }
 *     });
 *     model.clearGradients();
 *     model.save(directory, StoredType.F16);
 * }
 * }</pre>
 */
public final class TrainableModel implements AutoCloseable {
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";

    private final byte[] config;
    private final TrainingRuntime runtime;
    private final TrainingSetup setup;
    private final ImmutableMap<String, Parameter> parameters;
    private boolean closed;

    /**
     * A parameter, named and shaped as it is stored.
     *
     * @param name name in the checkpoint
     * @param shape its shape
     * @param offset index of its first element among all parameters
     */
    public record Parameter(String name, ImmutableList<Long> shape, int offset) {

        /** {@return number of elements} */
        public int elements() {
            return Math.toIntExact(shape.stream().reduce(1L, (a, b) -> a * b));
        }

        /** {@return whether it is a matrix or table rather than a norm or bias} */
        public boolean isMatrix() {
            return shape.size() > 1;
        }
    }

    /**
     * A loss.
     *
     * @param sum sum of weight times negative log probability
     * @param weight sum of weights
     */
    public record Loss(double sum, double weight) {

        /**
         * {@return the mean negative log probability of a token, in nats; not a number where no
         * token counts}
         */
        public double mean() {
            return sum / weight;
        }

        /**
         * Adds another.
         *
         * @param other another loss
         * @return both
         */
        public Loss plus(Loss other) {
            return new Loss(sum + other.sum, weight + other.weight);
        }
    }

    /** Changes parameters; see {@link #update}. Called from several threads at once. */
    @FunctionalInterface
    public interface Update {

        /**
         * Changes neighbouring parameters.
         *
         * @param at index of the first among all parameters
         * @param values their values, to be changed in place
         * @param gradients their gradients
         * @param count how many; the arrays may be longer
         */
        void apply(int at, float[] values, float[] gradients, int count);
    }

    private TrainableModel(byte[] config, TrainingRuntime runtime, TrainingSetup setup) {
        this.config = config;
        this.runtime = runtime;
        this.setup = setup;
        StoredNames names = StoredNames.canonical(runtime.architecture().weights());
        this.parameters =
                runtime.places().stream()
                        .map(p -> new Parameter(names.stored(p.name()), p.shape(), p.offset()))
                        .collect(ImmutableMap.toImmutableMap(Parameter::name, p -> p));
    }

    /**
     * Starts from a checkpoint's weights.
     *
     * @param directory holds config.json and weights
     * @param setup how to compute
     * @return the model; the caller closes it
     * @throws dev.patchscopes.checkpoint.CheckpointException if the checkpoint is missing or
     *     broken, or its weights are not what they were when they were written
     * @throws UnsupportedModelException if no family computes its {@code model_type}
     * @throws WeightMismatchException if the weights do not fit the configuration, or {@link #save}
     *     wrote them with another
     * @throws MemoryException if memory runs out
     */
    public static TrainableModel open(Path directory, TrainingSetup setup) {
        byte[] config = bytes(directory.resolve(CONFIG));
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            checkpoint.verify();
            TrainingCheckpoint.checkConfig(
                    directory.resolve(CONFIG), config, directory.resolve(WEIGHTS));
            return start(
                    config,
                    checkpoint.config(),
                    setup,
                    runtime -> TrainingCheckpoint.read(runtime, checkpoint));
        }
    }

    /**
     * Starts from random weights: matrices from N(0, 0.02^2), those whose product is added to the
     * residual stream divided by sqrt(2 L), norms one, biases zero.
     *
     * @param configFile a config.json of any supported family
     * @param setup how to compute
     * @param seed the same seed gives the same weights
     * @return the model; the caller closes it
     * @throws dev.patchscopes.checkpoint.CheckpointException if the configuration is missing or
     *     broken
     * @throws UnsupportedModelException if no family computes its {@code model_type}
     * @throws MemoryException if memory runs out
     */
    public static TrainableModel create(Path configFile, TrainingSetup setup, long seed) {
        ModelConfig config = ModelConfig.read(configFile);
        return start(
                bytes(configFile),
                config,
                setup,
                runtime -> TrainingCheckpoint.draw(runtime, seed));
    }

    private static TrainableModel start(
            byte[] bytes, ModelConfig config, TrainingSetup setup, Consumer<TrainingRuntime> fill) {
        Architecture architecture = Families.describe(config);
        return MemoryAdvice.of(
                        () -> "a model in training with weights in " + setup.type(),
                        "train a smaller model" + MemoryWords.orSmallerTrainingType(setup.type()))
                .get(() -> start(bytes, architecture, setup, fill));
    }

    private static TrainableModel start(
            byte[] bytes,
            Architecture architecture,
            TrainingSetup setup,
            Consumer<TrainingRuntime> fill) {
        TrainingRuntime runtime = new TrainingRuntime(architecture, setup.type(), setup.workers());
        try {
            fill.accept(runtime);
            return new TrainableModel(bytes, runtime, setup);
        } catch (RuntimeException | Error e) {
            runtime.close();
            throw e;
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(file, e), e);
        }
    }

    /** {@return all parameters, by name, in the order in which they lie} */
    public ImmutableMap<String, Parameter> parameters() {
        return parameters;
    }

    /** {@return number of parameters, tied ones once} */
    public int size() {
        return runtime.elements();
    }

    /** {@return number of tokens the model tells apart} */
    public int vocabulary() {
        return runtime.architecture().spec().vocabulary();
    }

    /** {@return the longest row it can be trained on} */
    public int contextLength() {
        return runtime.architecture().spec().contextLength();
    }

    /**
     * Computes the loss of a batch and adds the gradient of its <em>sum</em> to what has been
     * gathered, so that batches computed in turn add up as one would.
     *
     * @param batch rows of tokens
     * @return the loss
     * @throws OutOfRangeException if a row is too long or a token unknown
     * @throws java.util.concurrent.CancellationException if this thread is interrupted; all
     *     gradients gathered so far are forgotten then, as below
     * @throws MemoryException if memory runs out; all gradients gathered so far are forgotten then,
     *     since those of some of the rows may be among them
     */
    public Loss accumulate(TrainingBatch batch) {
        return run(batch, true);
    }

    /**
     * Computes the loss of a batch; gradients stay as they are.
     *
     * @param batch rows of tokens
     * @return the loss
     * @throws OutOfRangeException if a row is too long or a token unknown
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     * @throws MemoryException if memory runs out
     */
    public Loss loss(TrainingBatch batch) {
        return run(batch, false);
    }

    private Loss run(TrainingBatch batch, boolean backward) {
        checkOpen();
        int longest = batch.longest() - 1;
        if (longest > contextLength()) {
            throw new OutOfRangeException(
                    "a row has %d tokens, of which the model reads all but the last: at most %d fit its context of %d"
                            .formatted(longest + 1, contextLength() + 1, contextLength()));
        }
        int largest = batch.largestId();
        if (largest >= vocabulary()) {
            throw new OutOfRangeException(
                    "token %d is not in 0..%d, the model's vocabulary"
                            .formatted(largest, vocabulary() - 1));
        }
        int rows = Math.max(1, setup.tokensAtOnce() / Math.max(1, longest));
        double sum =
                MemoryAdvice.of(
                                () -> described(batch, longest, backward),
                                "lower tokensAtOnce or workers of the TrainingSetup, take shorter rows")
                        .inJava("take fewer rows at once")
                        .get(() -> runtime.run(batch, rows, backward));
        return new Loss(sum, batch.weight());
    }

    private String described(TrainingBatch batch, int longest, boolean backward) {
        return "the %s of %s of up to %s on %s, %s at once on each"
                .formatted(
                        backward ? "gradient" : "loss",
                        MemoryWords.count(batch.tokens().length, "row"),
                        MemoryWords.count(longest, "token"),
                        MemoryWords.count(setup.workers(), "thread"),
                        MemoryWords.count(setup.tokensAtOnce(), "token"));
    }

    /** Forgets gathered gradients. */
    public void clearGradients() {
        checkOpen();
        runtime.clearGradients();
    }

    /**
     * Euclidean norm of all gathered gradients.
     *
     * @return the norm; zero if none were gathered
     * @throws java.util.concurrent.CancellationException if this thread is interrupted before
     * @throws MemoryException if memory runs out
     */
    public double gradientNorm() {
        checkOpen();
        double[] squares =
                new double[runtime.elements() / TrainingRuntime.PIECE + 1]; // one writer an entry
        visit(
                (at, values, gradients, count) -> {
                    double sum = 0;
                    for (int i = 0; i < count; i++) {
                        sum += (double) gradients[i] * gradients[i];
                    }
                    squares[at / TrainingRuntime.PIECE] = sum;
                },
                false);
        double total = 0;
        for (double square : squares) {
            total += square;
        }
        return Math.sqrt(total);
    }

    /**
     * Changes all parameters, in float32.
     *
     * @param update is shown each parameter once, in pieces
     * @throws java.util.concurrent.CancellationException if this thread is interrupted before; no
     *     parameter is changed then, and an interrupt that comes later does not stop the change
     * @throws MemoryException if memory runs out
     */
    public void update(Update update) {
        checkOpen();
        visit(
                (at, values, gradients, count) ->
                        CallersFailure.in(() -> update.apply(at, values, gradients, count)),
                true);
    }

    private void visit(TrainingRuntime.Visitor visitor, boolean write) {
        MemoryAdvice.of(
                        () -> "a pass over all parameters",
                        "let go of tensors and arrays that are no longer needed")
                .run(() -> runtime.visit(visitor, write));
    }

    /**
     * Reads a parameter.
     *
     * @param name name in the checkpoint
     * @return its values, row-major
     * @throws IllegalArgumentException if there is none of that name
     * @throws MemoryException if memory runs out
     */
    public double[] values(String name) {
        checkOpen();
        Parameter parameter = parameter(name);
        return read(parameter, false);
    }

    /**
     * Reads a parameter's gathered gradient.
     *
     * @param name name in the checkpoint
     * @return its gradient, row-major; zeros if none was gathered
     * @throws IllegalArgumentException if there is none of that name
     * @throws MemoryException if memory runs out
     */
    public double[] gradients(String name) {
        checkOpen();
        Parameter parameter = parameter(name);
        return read(parameter, true);
    }

    private double[] read(Parameter parameter, boolean wantsGradient) {
        return MemoryAdvice.of(
                        () ->
                                "reading the %,d numbers of %s"
                                        .formatted(parameter.elements(), parameter.name()),
                        "let go of arrays that are no longer needed")
                .get(() -> runtime.read(parameter.offset(), parameter.elements(), wantsGradient));
    }

    /**
     * Sets a parameter.
     *
     * @param name name in the checkpoint
     * @param values its values, row-major
     * @throws IllegalArgumentException if there is none of that name or size
     */
    public void set(String name, double[] values) {
        checkOpen();
        Parameter parameter = parameter(name);
        checkArgument(
                values.length == parameter.elements(),
                "%s has %s elements, not %s",
                name,
                parameter.elements(),
                values.length);
        runtime.write(parameter.offset(), values);
    }

    private Parameter parameter(String name) {
        Parameter parameter = parameters.get(name);
        checkArgument(
                parameter != null, "no parameter %s; there are %s", name, parameters.keySet());
        return parameter;
    }

    /**
     * Writes {@code config.json} and {@code model.safetensors}. The weights are replaced as a
     * whole, and a configuration only by an equal one, so that the two always belong together.
     *
     * @param directory where to; created if it is missing
     * @param type number format: F16, F32 or F64
     * @throws IllegalArgumentException if the format is another, or the directory holds a model of
     *     another configuration
     * @throws UncheckedIOException if the disk fails or is full; what was there is as it was
     */
    public void save(Path directory, StoredType type) {
        checkOpen();
        checkArgument(
                type == StoredType.F16 || type == StoredType.F32 || type == StoredType.F64,
                "weights are written as F16, F32 or F64, not %s",
                type);
        try {
            Files.createDirectories(directory);
            Path file = directory.resolve(CONFIG);
            if (!Files.exists(file)) {
                WholeFile.write(file, config);
            }
            checkArgument(
                    Arrays.equals(bytes(file), config),
                    "%s is of another model than the one to be saved: name another directory, or delete this one",
                    file);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(directory, e.getMessage()), e);
        }
        TrainingCheckpoint.write(runtime, config, directory.resolve(WEIGHTS), type);
    }

    private void checkOpen() {
        if (closed) {
            throw new ModelClosedException("the model in training is closed: open it again");
        }
    }

    /** Releases the parameters. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            runtime.close();
        }
    }
}
