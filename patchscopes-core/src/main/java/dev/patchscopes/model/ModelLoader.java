package dev.patchscopes.model;

import ai.djl.Device;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.hub.Hub;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ModelRuntime;
import dev.patchscopes.model.internal.WeightSurvey;
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
 *   <tr><td>configuration</td><td>the checkpoint's config.json</td></tr>
 *   <tr><td>name</td><td>the directory's; of a model of the hub its name and the start of its
 *     commit, such as {@code gpt2@607a30d783df}</td></tr>
 *   <tr><td>hub</td><td>{@link Hub#standard()}</td></tr>
 *   <tr><td>revision</td><td>the one in the name, else {@code main}</td></tr>
 *   <tr><td>weights that are not finite</td><td>loaded</td></tr>
 *   <tr><td>products with weights</td><td>the fastest way, measured</td></tr>
 * </table>
 *
 * <pre>{@code
 * HookedModel model = HookedModel.loader(directory).computeType(ComputeType.FLOAT64).load();
 * HookedModel early = HookedModel.loader("EleutherAI/pythia-410m").revision("step1000").load();
 * }</pre>
 */
public final class ModelLoader {
    private final ModelSource source;
    private final Optional<Path> config;
    private final Optional<Device> device;
    private final ComputeType type;
    private final Optional<String> name;
    private final MatrixProducts products;
    private final boolean checksFinite;

    private ModelLoader(
            ModelSource source,
            Optional<Path> config,
            Optional<Device> device,
            ComputeType type,
            Optional<String> name,
            MatrixProducts products,
            boolean checksFinite) {
        this.source = source;
        this.config = config;
        this.device = device;
        this.type = type;
        this.name = name;
        this.products = products;
        this.checksFinite = checksFinite;
    }

    static ModelLoader of(ModelSource source) {
        return new ModelLoader(
                source,
                Optional.empty(),
                Optional.empty(),
                ComputeType.FLOAT32,
                Optional.empty(),
                MatrixProducts.TUNED,
                false);
    }

    /**
     * Chooses which state of a model of the hub is loaded.
     *
     * @param name a branch, a tag, or a commit's 40 hexadecimal digits
     * @return the loader
     * @throws ModelException if a directory is loaded, which has none
     */
    public ModelLoader revision(String name) {
        return from(source.revision(name));
    }

    /**
     * Chooses where a model of the hub comes from; a directory needs none.
     *
     * @param where address, cache and token
     * @return the loader
     */
    public ModelLoader hub(Hub where) {
        return from(source.hub(where));
    }

    /**
     * Listens. Parts are bytes: first those downloaded, if the model is one of the hub and not in
     * the cache, and then, counted anew, those of the weights as they are read.
     *
     * @param listener hears how far it has come, and can stop it
     * @return the loader
     */
    public ModelLoader progress(Progress listener) {
        return from(source.progress(listener));
    }

    private ModelLoader from(ModelSource other) {
        return new ModelLoader(other, config, device, type, name, products, checksFinite);
    }

    /**
     * Chooses where the model computes.
     *
     * @param where {@code Device.cpu()}, {@code Device.gpu()}, {@code Device.gpu(1)}, ...
     * @return the loader
     */
    public ModelLoader device(Device where) {
        return new ModelLoader(
                source, config, Optional.of(where), type, name, products, checksFinite);
    }

    /**
     * Chooses the number format the model computes in; weights are converted while they are read.
     *
     * @param format number format
     * @return the loader
     */
    public ModelLoader computeType(ComputeType format) {
        return new ModelLoader(source, config, device, format, name, products, checksFinite);
    }

    /**
     * Reads another configuration than the directory's config.json.
     *
     * @param file configuration file
     * @return the loader
     */
    public ModelLoader config(Path file) {
        return new ModelLoader(
                source, Optional.of(file), device, type, name, products, checksFinite);
    }

    /**
     * Chooses the name that messages and results carry.
     *
     * @param shortName name
     * @return the loader
     */
    public ModelLoader name(String shortName) {
        return new ModelLoader(
                source, config, device, type, Optional.of(shortName), products, checksFinite);
    }

    /**
     * Chooses how the model multiplies by its weights on the CPU; measured unless chosen.
     *
     * @param how way of multiplying
     * @return the loader
     */
    public ModelLoader matrixProducts(MatrixProducts how) {
        return new ModelLoader(source, config, device, type, name, how, checksFinite);
    }

    /**
     * Refuses to load a checkpoint with weights that are NaN or infinite, or become infinite in the
     * number format chosen. All weights are read once more for that.
     *
     * @return the loader
     */
    public ModelLoader checkFinite() {
        return new ModelLoader(source, config, device, type, name, products, true);
    }

    /**
     * Reads the weights without loading the model, and lists the tensors with values that are not
     * finite once loaded: NaN or infinite in the file, or too large for the number format chosen.
     *
     * @return a record a tensor, in the order of the checkpoint; none if all is finite
     * @throws dev.patchscopes.checkpoint.hub.HubException if the hub does not give the model, and
     *     the cache does not hold it
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it; what has been downloaded is kept
     * @throws dev.patchscopes.checkpoint.CheckpointException if the checkpoint is missing, broken
     *     or hostile
     * @throws UnsupportedModelException if no family computes its {@code model_type}
     * @throws MemoryException if memory runs out
     */
    public ImmutableList<NonFiniteWeight> nonFiniteWeights() {
        Interrupts.check("the look through the weights of " + source, "before it began");
        ModelSource.Located located = source.locate();
        String shown = name.orElse(located.name());
        return MemoryAdvice.of(
                        () -> "the look through the weights of " + shown,
                        "let go of tensors and arrays that are no longer needed")
                .get(() -> nonFiniteWeights(located.directory(), shown));
    }

    private ImmutableList<NonFiniteWeight> nonFiniteWeights(Path directory, String shown) {
        try (Checkpoint checkpoint =
                Checkpoint.open(directory, config.orElse(directory.resolve("config.json")))) {
            return survey(checkpoint, Families.describe(checkpoint.config()), shown);
        }
    }

    private ImmutableList<NonFiniteWeight> survey(
            Checkpoint checkpoint, Architecture architecture, String shown) {
        return WeightSurvey.of(checkpoint, architecture, type, shown, source.progress());
    }

    private void refuseNonFinite(Checkpoint checkpoint, Architecture architecture, String shown) {
        ImmutableList<NonFiniteWeight> found = survey(checkpoint, architecture, shown);
        if (!found.isEmpty()) {
            throw new NonFiniteWeightsException(shown, found);
        }
    }

    /**
     * Loads the model, downloading it first if it is one of the hub and not in the cache. A
     * checkpoint without tokenizer.json gives a model that takes token ids only.
     *
     * @return the model; the caller closes it
     * @throws dev.patchscopes.checkpoint.hub.HubException if the hub does not give it, and the
     *     cache does not hold it
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it; what has been downloaded is kept
     * @throws dev.patchscopes.checkpoint.CheckpointException if the checkpoint is missing, broken
     *     or hostile
     * @throws UnsupportedModelException if no family computes its {@code model_type}
     * @throws WeightMismatchException if the weights do not fit the configuration
     * @throws NonFiniteWeightsException if {@link #checkFinite()} was asked for and weights are not
     *     finite
     * @throws ModelException if there is no such device
     * @throws MemoryException if there is not enough memory; nothing is loaded then
     */
    public HookedModel load() {
        Interrupts.check("the loading of " + source, "before it began");
        ModelSource.Located located = source.locate();
        return MemoryAdvice.of(
                        () ->
                                "loading %s in %s%s"
                                        .formatted(
                                                name.orElse(located.name()),
                                                type,
                                                device.map(d -> " on " + d).orElse("")),
                        "choose "
                                + (type == ComputeType.FLOAT16
                                        ? ""
                                        : "a smaller ComputeType than %s, ".formatted(type))
                                + (products == MatrixProducts.PACKED
                                        ? "other MatrixProducts than PACKED, which lays out weights again, "
                                        : "")
                                + "a smaller model")
                .inJava("choose a smaller model")
                .get(() -> load(located));
    }

    private HookedModel load(ModelSource.Located located) {
        Path directory = located.directory();
        Path file = config.orElse(directory.resolve("config.json"));
        try (Checkpoint checkpoint = Checkpoint.open(directory, file)) {
            Architecture architecture = Families.describe(checkpoint.config());
            Device where = ModelRuntime.device(device);
            String contentHash = checkpoint.contentHash();
            String shortName = name.orElse(located.name());
            if (checksFinite) {
                refuseNonFinite(checkpoint, architecture, shortName);
            }
            Optional<Tokenizer> tokenizer =
                    hasTokenizer(directory)
                            ? Optional.of(Tokenizer.load(directory))
                            : Optional.empty();
            try {
                ImmutableIntArray end =
                        tokenizer.map(Tokenizer::eos).orElseGet(() -> endOfText(checkpoint));
                ModelRuntime runtime =
                        ModelRuntime.load(
                                checkpoint,
                                architecture,
                                shortName,
                                where,
                                type,
                                products,
                                source.progress());
                return new HookedModel(shortName, contentHash, runtime, tokenizer, end);
            } catch (RuntimeException | Error e) {
                tokenizer.ifPresent(Tokenizer::close);
                throw e;
            }
        }
    }

    /** {@return directory or name, and choices, in a line} */
    @Override
    public String toString() {
        return "ModelLoader[%s, %s on %s%s%s%s]"
                .formatted(
                        source,
                        type.name().toLowerCase(Locale.ROOT),
                        device.map(Device::toString).orElse("the first GPU, else the CPU"),
                        config.map(file -> ", configuration " + file).orElse(""),
                        name.map(given -> ", named " + given).orElse(""),
                        checksFinite ? ", check that weights are finite" : "");
    }

    /** Whether the directory holds what {@link Tokenizer#load} reads. */
    private static boolean hasTokenizer(Path directory) {
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
