package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.internal.OwnFile;
import dev.patchscopes.internal.Json;
import dev.patchscopes.internal.JsonFields;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.GenerationRequest;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A learned prompt (Pal et al., 2023, section 3.4): vectors in the place of token embeddings, which
 * were trained so that a state written over the last of them, at the layer it was read at, is
 * continued as the model itself continues the text the state is from.
 *
 * <pre>{@code
 * SoftPrompt prompt = SoftPrompt.train(model).on(texts).layer(5).fit();
 * FutureReading reading = FutureLens.softPrompt(model, prompt).read("Marty McFly from");
 * prompt.save(Path.of("prompt.safetensors"));
 * SoftPrompt again = SoftPrompt.load(Path.of("prompt.safetensors"));
 * }</pre>
 *
 * @param library version of the library it was trained with
 * @param model the model it was trained on
 * @param layer the layer whose states it was trained with; states of other layers can be read too
 * @param ahead the N it was trained for
 * @param seed seed of the training
 * @param embeddings {@code [pos, d_model]}, in the place of the model's {@code hook_embed}
 * @param validationLoss mean KL(model || patched), in nats, on texts kept aside; not a number if it
 *     was not trained
 */
public record SoftPrompt(
        LibraryVersion library,
        ModelIdentity model,
        int layer,
        ImmutableIntArray ahead,
        long seed,
        Matrix embeddings,
        double validationLoss) {
    private static final String TENSOR = "embeddings";

    /**
     * A prompt of given vectors.
     *
     * @param model the model
     * @param layer the layer it is for
     * @param embeddings {@code [pos, d_model]}
     * @return the prompt
     * @throws IllegalArgumentException if the vectors have another width
     */
    public static SoftPrompt of(HookedModel model, int layer, Matrix embeddings) {
        checkArgument(
                embeddings.columns() == model.width(),
                "the vectors are %s wide, expected %s (d_model of %s)",
                embeddings.columns(),
                model.width(),
                model.name());
        return new SoftPrompt(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                layer,
                ImmutableIntArray.of(),
                0,
                embeddings,
                Double.NaN);
    }

    /**
     * Starts a training.
     *
     * @param model the model; it stays as it is
     * @return a training to make choices for
     */
    public static SoftPromptTraining train(HookedModel model) {
        return SoftPromptTraining.of(model);
    }

    /** {@return number of vectors} */
    public int length() {
        return embeddings.rows();
    }

    /** The prompt as a run: placeholders, whose embeddings are replaced. */
    BaseRun context(HookedModel on) {
        checkArgument(
                model.contentHash().equals(on.contentHash()),
                "the prompt was trained on %s, and its vectors say nothing to %s",
                model,
                ModelIdentity.of(on));
        return new BaseRun(
                TokenizedPrompt.ofIds(new int[length()]),
                ImmutableList.of(
                        Intervention.replace(
                                HookPoint.embed(),
                                Positions.range(0, length()),
                                embeddings.values())));
    }

    FutureLens lens(HookedModel on) {
        return PromptFutureLens.of(on, "learned prompt", context(on));
    }

    /**
     * States the run that a cell of the lens is: the prompt's vectors, the state over the last of
     * them, and the model going on. It cannot be a Patchscope, whose target prompt is text.
     *
     * @param on the model the prompt was trained on
     * @param source the prompt that the state is read from
     * @param layer 0..L
     * @param position absolute index of a token
     * @return the generation, of as many tokens as a cell has
     * @throws IllegalArgumentException if it was trained on another model
     */
    public GenerationRequest generation(
            HookedModel on, TokenizedPrompt source, int layer, int position) {
        HookPoint point = HookPoint.residual(layer);
        double[] state =
                on.run(source)
                        .capture(point)
                        .execute()
                        .vectorDoubles(point, Positions.at(position));
        BaseRun context = context(on);
        return on.generation(context.prompt())
                .maxNewTokens(FutureLens.AHEAD + 1)
                .intervene(context.interventions())
                .intervene(Intervention.replace(point, Positions.last(), state));
    }

    /**
     * Writes the prompt as a safetensors file: a tensor {@code embeddings} of float64, and what it
     * is as metadata.
     *
     * @param file where to
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public void save(Path file) {
        new SafetensorsWriter()
                .metadata("format", "patchscopes soft prompt")
                .metadata("library", library.value())
                .metadata("model", Json.text(Json.of(model)))
                .metadata("layer", Integer.toString(layer))
                .metadata(
                        "ahead",
                        ahead.stream().mapToObj(Integer::toString).collect(Collectors.joining(",")))
                .metadata("seed", Long.toString(seed))
                .metadata("validation_loss", Double.toString(validationLoss))
                .add(TENSOR, embeddings.values(), embeddings.rows(), embeddings.columns())
                .write(file);
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @param file the file
     * @return an equal prompt
     * @throws IllegalArgumentException if the file is damaged or holds no such prompt
     * @throws dev.patchscopes.checkpoint.CheckpointException if there is no such file
     */
    public static SoftPrompt load(Path file) {
        try (SafetensorsFile in = OwnFile.open(file, "SoftPrompt.save")) {
            checkArgument(
                    in.has(TENSOR) && in.tensor(TENSOR).shape().length() == 2,
                    "%s holds %s, and a soft prompt is a matrix called %s",
                    file,
                    in.tensorNames(),
                    TENSOR);
            StoredTensor tensor = in.tensor(TENSOR);
            ImmutableMap<String, String> about = in.metadata();
            return new SoftPrompt(
                    new LibraryVersion(get(about, "library", file)),
                    JsonFields.read(
                            get(about, "model", file),
                            "the model of a soft prompt",
                            JsonFields::model),
                    Integer.parseInt(get(about, "layer", file)),
                    ahead(get(about, "ahead", file)),
                    Long.parseLong(get(about, "seed", file)),
                    Matrix.of(
                            (int) tensor.shape().get(0),
                            (int) tensor.shape().get(1),
                            tensor.toDoubles()),
                    Double.parseDouble(get(about, "validation_loss", file)));
        }
    }

    private static String get(ImmutableMap<String, String> about, String key, Path file) {
        return Optional.ofNullable(about.get(key))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "%s does not say its %s: it was not written by SoftPrompt.save"
                                                .formatted(file, key)));
    }

    private static ImmutableIntArray ahead(String list) {
        return ImmutableIntArray.copyOf(
                Arrays.stream(list.split(",", -1))
                        .filter(n -> !n.isEmpty())
                        .mapToInt(Integer::parseInt));
    }

    /** {@return length, layer, N and the loss} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "SoftPrompt[%s, %d vectors, layer %d, N %s, KL %.3f nats]",
                model.name(),
                length(),
                layer,
                ahead,
                validationLoss);
    }
}
