package dev.patchscopes.model;

import ai.djl.Device;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ModelRuntime;
import dev.patchscopes.model.internal.family.Families;
import dev.patchscopes.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Loads checkpoints; immutable, each method returns a new loader.
 *
 * <table>
 *   <caption>Defaults</caption>
 *   <tr><th>choice</th><th>default</th></tr>
 *   <tr><td>device</td><td>the first GPU if there is one, else the CPU</td></tr>
 *   <tr><td>compute type</td><td>float32</td></tr>
 *   <tr><td>configuration</td><td>config.json of the directory</td></tr>
 *   <tr><td>name</td><td>the directory's</td></tr>
 *   <tr><td>products with weights</td><td>the fastest way, measured</td></tr>
 * </table>
 *
 * <pre>{@code
 * HookedModel model = HookedModel.loader(directory).computeType(ComputeType.FLOAT64).load();
 * }</pre>
 */
public final class ModelLoader {
    private final Path directory;
    private final Optional<Path> config;
    private final Optional<Device> device;
    private final ComputeType type;
    private final Optional<String> name;
    private final MatrixProducts products;

    private ModelLoader(
            Path directory,
            Optional<Path> config,
            Optional<Device> device,
            ComputeType type,
            Optional<String> name,
            MatrixProducts products) {
        this.directory = directory;
        this.config = config;
        this.device = device;
        this.type = type;
        this.name = name;
        this.products = products;
    }

    static ModelLoader of(Path directory) {
        return new ModelLoader(
                directory,
                Optional.empty(),
                Optional.empty(),
                ComputeType.FLOAT32,
                Optional.empty(),
                MatrixProducts.TUNED);
    }

    /**
     * Chooses where the model computes.
     *
     * @param where {@code Device.cpu()}, {@code Device.gpu()}, {@code Device.gpu(1)}, ...
     * @return the loader
     */
    public ModelLoader device(Device where) {
        return new ModelLoader(directory, config, Optional.of(where), type, name, products);
    }

    /**
     * Chooses the number format the model computes in; weights are converted while they are read.
     *
     * @param format number format
     * @return the loader
     */
    public ModelLoader computeType(ComputeType format) {
        return new ModelLoader(directory, config, device, format, name, products);
    }

    /**
     * Reads another configuration than the directory's config.json.
     *
     * @param file configuration file
     * @return the loader
     */
    public ModelLoader config(Path file) {
        return new ModelLoader(directory, Optional.of(file), device, type, name, products);
    }

    /**
     * Chooses the name that messages and results carry.
     *
     * @param shortName name
     * @return the loader
     */
    public ModelLoader name(String shortName) {
        return new ModelLoader(directory, config, device, type, Optional.of(shortName), products);
    }

    /**
     * Chooses how the model multiplies by its weights on the CPU; measured unless chosen.
     *
     * @param how way of multiplying
     * @return the loader
     */
    public ModelLoader matrixProducts(MatrixProducts how) {
        return new ModelLoader(directory, config, device, type, name, how);
    }

    /**
     * Loads the model. A directory without tokenizer.json gives a model that takes token ids only.
     *
     * @return the model; the caller closes it
     * @throws dev.patchscopes.checkpoint.CheckpointException if the checkpoint is missing, broken
     *     or hostile
     * @throws UnsupportedModelException if no family computes its {@code model_type}
     * @throws WeightMismatchException if the weights do not fit the configuration
     * @throws ModelException if there is no such device, or not enough memory
     */
    public HookedModel load() {
        Path file = config.orElse(directory.resolve("config.json"));
        try (Checkpoint checkpoint = Checkpoint.open(directory, file)) {
            Architecture architecture = Families.describe(checkpoint.config());
            Device where = ModelRuntime.device(device);
            String contentHash = checkpoint.contentHash();
            String shortName =
                    name.orElseGet(() -> directory.toAbsolutePath().normalize().toFile().getName());
            Optional<Tokenizer> tokenizer =
                    hasTokenizer() ? Optional.of(Tokenizer.load(directory)) : Optional.empty();
            try {
                ImmutableIntArray end =
                        tokenizer.map(Tokenizer::eos).orElseGet(() -> endOfText(checkpoint));
                ModelRuntime runtime =
                        ModelRuntime.load(
                                checkpoint, architecture, shortName, where, type, products);
                return new HookedModel(shortName, contentHash, runtime, tokenizer, end);
            } catch (RuntimeException | Error e) {
                tokenizer.ifPresent(Tokenizer::close);
                throw e;
            }
        }
    }

    /** {@return directory and choices, in a line} */
    @Override
    public String toString() {
        return "ModelLoader[%s, %s on %s%s%s]"
                .formatted(
                        directory,
                        type.name().toLowerCase(Locale.ROOT),
                        device.map(Device::toString).orElse("the first GPU, else the CPU"),
                        config.map(file -> ", configuration " + file).orElse(""),
                        name.map(given -> ", named " + given).orElse(""));
    }

    /** Whether the directory holds what {@link Tokenizer#load} reads. */
    private boolean hasTokenizer() {
        return Files.exists(directory.resolve("tokenizer.json"))
                || (Files.exists(directory.resolve("vocab.json"))
                        && Files.exists(directory.resolve("merges.txt")));
    }

    /** The end-of-text tokens of a model without tokenizer; a negative id means none. */
    private static ImmutableIntArray endOfText(Checkpoint checkpoint) {
        return ImmutableIntArray.copyOf(
                checkpoint.config().integers("eos_token_id").stream().filter(id -> id >= 0));
    }
}
