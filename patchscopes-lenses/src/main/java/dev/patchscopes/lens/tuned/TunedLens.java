package dev.patchscopes.lens.tuned;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.Patchscope;
import dev.patchscopes.lens.Lens;
import dev.patchscopes.lens.LensStates;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The tuned lens (Belrose et al., 2023): before the final norm, a state of layer k = 0..L-1 goes
 * through an affine translator, y = h + (W_k h + b_k); states of layer L have none.
 *
 * <p>W and b begin at zero, where the lens is the logit lens. {@link #train} moves them towards the
 * model's own distributions; {@link #ridge} fits them to its last states in closed form, which is
 * much quicker and nearly as good on early layers, and a start for training. As a Patchscope:
 * target and source are the same prompt and position, f is the translator, and l* = L; f is applied
 * in float64 there and in float32 here.
 *
 * <p>States between attention and MLP ({@code resid_mid}) have no translator and are refused.
 *
 * <p>{@link #load} and {@link #save} use the folders of published lenses.
 *
 * <p>Owns native memory, 4 L d_model^2 bytes on the model's device: close it. Any number of threads
 * may use it.
 *
 * <pre>{@code
 * try (TunedLens ridge = TunedLens.ridge(model).on(texts).fit();
 *         TunedLens lens = TunedLens.train(model).on(texts).warmStart(ridge).steps(50).fit()) {
 *     LensReading reading = lens.read("The capital of France is");
 *     lens.save(Path.of("lens"));
 * }
 * try (TunedLens lens = TunedLens.load(model, Path.of("lens"))) {
 *     Patchscope same = lens.asPatchscope(model.tokenize("The capital of France is"), 6, 4);
 * }
 * }</pre>
 */
public final class TunedLens implements Lens, AutoCloseable {
    private final HookedModel model;
    private final Translators translators;
    private final LensOrigin origin;
    private final Optional<LibraryVersion> library;
    private final TrainingHistory history;
    private final ImmutableList<String> warnings;

    private TunedLens(
            HookedModel model,
            Translators translators,
            LensOrigin origin,
            Optional<LibraryVersion> library,
            TrainingHistory history,
            ImmutableList<String> warnings) {
        this.model = model;
        this.translators = translators;
        this.origin = origin;
        this.library = library;
        this.history = history;
        this.warnings = warnings;
    }

    static TunedLens trained(
            HookedModel model,
            Translators translators,
            LensOrigin origin,
            TrainingHistory history) {
        return new TunedLens(
                model,
                translators,
                origin,
                Optional.of(LibraryVersion.current()),
                history,
                ImmutableList.of());
    }

    /**
     * Makes an untrained lens, which reads as the logit lens does.
     *
     * @param model the model
     * @return the lens; the caller closes it
     */
    public static TunedLens identity(HookedModel model) {
        return trained(model, Translators.zero(model), LensOrigin.UNTRAINED, TrainingHistory.NONE);
    }

    /**
     * Makes a lens of translators that were found elsewhere.
     *
     * @param model the model
     * @param translators a map {@code [d_model]} to {@code [d_model]} for each layer 0..L-1, the
     *     identity included
     * @return the lens; the caller closes it
     * @throws IllegalArgumentException if their number or a width is another
     */
    public static TunedLens of(HookedModel model, List<AffineMap> translators) {
        checkArgument(
                translators.size() == model.layers(),
                "%s translators are given, and %s has %s blocks: give one for each layer 0..%s",
                translators.size(),
                model.name(),
                model.layers(),
                model.layers() - 1);
        for (int k = 0; k < translators.size(); k++) {
            AffineMap map = translators.get(k);
            checkArgument(
                    map.inputWidth() == model.width() && map.outputWidth() == model.width(),
                    "the translator of layer %s is an %s, expected %s to %s (d_model of %s)",
                    k,
                    map,
                    model.width(),
                    model.width(),
                    model.name());
        }
        return trained(
                model,
                Translators.of(model, k -> Translators.Numbers.of(translators.get(k))),
                LensOrigin.UNKNOWN,
                TrainingHistory.NONE);
    }

    /**
     * States a training.
     *
     * @param model the model
     * @return a training to add texts and choices to
     */
    public static TunedTraining train(HookedModel model) {
        return TunedTraining.of(model);
    }

    /**
     * States a fit in closed form.
     *
     * @param model the model
     * @return a fit to add texts and choices to
     */
    public static RidgeFit ridge(HookedModel model) {
        return RidgeFit.of(model);
    }

    /**
     * Loads a lens from a folder of {@code config.json} and {@code params.safetensors} or {@code
     * params.pt}, as {@link #save} writes and as lenses are published in.
     *
     * <p>Lenses without biases and in half precision are read too. What the file holds beyond what
     * is known here, and signs that the lens is of another model, are {@link #warnings()}. The
     * file's {@code unembed_hash} is not compared: it is a digest of how NumPy prints 36 numbers of
     * the unembedding, and says nothing of the others.
     *
     * @param model the model it was trained on
     * @param folder the folder
     * @return the lens; the caller closes it
     * @throws LensFileException if a file is missing or is not that of such a lens of this model,
     *     or {@link #save} wrote it and it has changed since, or with another file than is beside
     *     it
     * @throws dev.patchscopes.checkpoint.CheckpointException if the weights' file is damaged or
     *     hostile; of PyTorch's files the check sums are compared
     */
    public static TunedLens load(HookedModel model, Path folder) {
        LensFolder.Content content = LensFolder.read(model, folder);
        return new TunedLens(
                model,
                Translators.of(model, k -> content.numbers().get(k)),
                content.origin(),
                content.library(),
                TrainingHistory.NONE,
                content.warnings());
    }

    /**
     * Saves the lens as a folder: {@code config.json}, {@code params.pt} and {@code
     * params.safetensors}, the same weights twice, so that programs with either reader can load it.
     *
     * <p>The folder appears whole or not at all. One that is there is replaced if it holds nothing
     * but a lens. If the process is killed in the moment between the two, {@link #load} reads the
     * old lens, which other programs find as {@code .NAME.old} beside the folder.
     *
     * @param folder where; its parent must exist. A link stays one
     * @throws LensFileException if there is something else
     * @throws java.io.UncheckedIOException if the disk fails or is full; what was there is as it
     *     was
     * @throws java.util.concurrent.CancellationException if this thread is interrupted; what was
     *     there is as it was
     */
    public void save(Path folder) {
        LensFolder.write(this, folder);
    }

    Translators translators() {
        return translators;
    }

    @Override
    public HookedModel model() {
        return model;
    }

    /** {@return {@code ridge lens} for one that was only fitted, {@code tuned lens} otherwise} */
    @Override
    public String name() {
        return origin.method().equals(LensOrigin.RIDGE) ? "ridge lens" : "tuned lens";
    }

    /** {@return how the lens came about} */
    public LensOrigin origin() {
        return origin;
    }

    /**
     * {@return version of the library that made it; empty for one loaded from a file that does not
     * tell}
     */
    public Optional<LibraryVersion> library() {
        return library;
    }

    /** {@return the losses of the training that made it; empty for a lens that was not trained} */
    public TrainingHistory history() {
        return history;
    }

    /** {@return what was odd about the files it was loaded from} */
    public ImmutableList<String> warnings() {
        return warnings;
    }

    /**
     * The translator of a layer.
     *
     * @param layer 0..L-1
     * @return y = (I + W) h + b
     * @throws OutOfRangeException if there is no such translator
     */
    public AffineMap translator(int layer) {
        if (layer < 0 || layer >= model.layers()) {
            throw new OutOfRangeException(
                    "layer %d has no translator: layers 0..%d of %s have, and layer %d is its last"
                            .formatted(layer, model.layers() - 1, model.name(), model.layers()));
        }
        return translators.map(layer);
    }

    /**
     * Translates states of one layer with another layer's translator, which the two layers'
     * likeness shows in (Belrose et al., 2023, section 3.3).
     *
     * @param layer 0..L, whose translator
     * @param states {@code [row, d_model]} on the model's device; not changed
     * @return states of the last layer {@code [row, d_model]}, in the same manager; the states
     *     themselves for L
     * @throws OutOfRangeException if there is no such layer
     */
    public NDArray translate(int layer, NDArray states) {
        if (layer == model.layers()) {
            return states;
        }
        if (layer < 0 || layer > model.layers()) {
            throw new OutOfRangeException(
                    "layer %d is not in 0..%d (%s has %d blocks)"
                            .formatted(layer, model.layers(), model.name(), model.layers()));
        }
        NDArray typed = translators.typed(states);
        try {
            return translators.apply(layer, typed);
        } finally {
            if (typed != states) {
                typed.close();
            }
        }
    }

    @Override
    public List<NDArray> lastStates(LensStates states) {
        List<NDArray> out = new ArrayList<>();
        for (int i = 0; i < states.points().size(); i++) {
            HookPoint point = states.points().get(i);
            checkArgument(
                    point.site() != Site.RESID_MID,
                    "%s lies inside a block, and a tuned lens has translators for whole layers:"
                            + " leave it out, or read it with the logit lens",
                    point);
            out.add(translate(LensStates.layer(point), states.tensors().get(i)));
        }
        return out;
    }

    @Override
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position) {
        Patchscope plain = LogitLens.of(model).asPatchscope(prompt, layer, position);
        return layer == model.layers()
                ? plain
                : plain.withMapping(translators.map(layer).toMapping());
    }

    /** Releases the translators. Closing twice does nothing. */
    @Override
    public void close() {
        translators.close();
    }

    /** {@return the model and how the lens came about} */
    @Override
    public String toString() {
        return "%s of %s, %s".formatted(name(), model.name(), origin);
    }
}
