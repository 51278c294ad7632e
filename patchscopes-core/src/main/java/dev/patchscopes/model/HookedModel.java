package dev.patchscopes.model;

import ai.djl.Device;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.model.internal.ModelRuntime;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A language model whose every internal activation can be read and changed.
 *
 * <p>Weights are the checkpoint's own, nothing folded or centred. Runs are values and register
 * nothing in the model, so one model serves any number of threads. The model owns native memory:
 * close it. Closing waits for runs under way; using a closed model is a {@link
 * ModelClosedException}.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.load("gpt2")) {   // or a checkpoint's directory
 *   model.topTokens("The capital of France is", 5);
 *   model.generate("Once upon a time", 40).text();
 *   Activations acts = model.run("The Eiffel Tower is in")
 *       .capture(HookPoint.residual(8), HookPoint.pattern(3))
 *       .execute();
 * }
 * }</pre>
 */
public final class HookedModel implements AutoCloseable {
    private final String name;
    private final String contentHash;
    private final ModelRuntime runtime;
    private final Optional<Tokenizer> tokenizer;
    private final ImmutableIntArray endOfText;

    HookedModel(
            String name,
            String contentHash,
            ModelRuntime runtime,
            Optional<Tokenizer> tokenizer,
            ImmutableIntArray endOfText) {
        this.name = name;
        this.contentHash = contentHash;
        this.runtime = runtime;
        this.tokenizer = tokenizer;
        this.endOfText = endOfText;
    }

    /**
     * Loads a checkpoint directory or a model of the hub with the defaults of {@link ModelLoader}.
     *
     * <p>What is no directory is looked up as a name, such as {@code EleutherAI/pythia-410m} or
     * {@code gpt2@main}, in the cache and on the hub that {@link
     * dev.patchscopes.checkpoint.hub.Hub#standard} describes.
     *
     * @param model directory with config.json, weights and tokenizer.json, or a model's name
     * @return the model; the caller closes it
     */
    public static HookedModel load(String model) {
        return loader(model).load();
    }

    /**
     * Loads a checkpoint directory with the defaults of {@link ModelLoader}.
     *
     * @param directory directory with config.json, weights and tokenizer.json
     * @return the model; the caller closes it
     */
    public static HookedModel load(Path directory) {
        return loader(directory).load();
    }

    /**
     * Loads the small trained model that comes with the library, see {@link DemoModel}.
     *
     * @return the model; the caller closes it
     */
    public static HookedModel demo() {
        return DemoModel.STANDARD.load();
    }

    /**
     * Loads the smaller sibling of {@link #demo}, which reads the same tokens, for work between
     * models.
     *
     * @return the model; the caller closes it
     */
    public static HookedModel demoSmall() {
        return DemoModel.SMALL.load();
    }

    /**
     * Starts loading a checkpoint with choices of device and number format.
     *
     * @param directory directory with config.json, weights and tokenizer.json
     * @return a loader
     */
    public static ModelLoader loader(Path directory) {
        return ModelLoader.of(new ModelSource.Directory(directory, Progress.none()));
    }

    /**
     * Starts loading a checkpoint directory or a model of the hub with choices.
     *
     * @param model directory or name, as {@link #load(String)} takes it
     * @return a loader
     */
    public static ModelLoader loader(String model) {
        return ModelLoader.of(ModelSource.of(model));
    }

    // ---- what it is -----------------------------------------------------------------------------

    /** {@return short name, for defaults see {@link ModelLoader}} */
    public String name() {
        return name;
    }

    /**
     * {@return stable digest of configuration and weights, see {@link Checkpoint#contentHash()}}
     */
    public String contentHash() {
        return contentHash;
    }

    /** {@return number of blocks L; layers of the residual stream are 0..L} */
    public int layers() {
        return runtime.facts().spec().layers();
    }

    /** {@return width of the residual stream, {@code d_model}} */
    public int width() {
        return runtime.facts().spec().width();
    }

    /** {@return number of query heads} */
    public int heads() {
        return runtime.facts().spec().attention().heads();
    }

    /**
     * Tells how far back a block's attention sees.
     *
     * @param block block, 0..L-1
     * @return how many positions a query attends to, itself included; empty if to all before it
     * @throws OutOfRangeException if there is no such block
     */
    public OptionalInt attentionWindow(int block) {
        if (block < 0 || block >= layers()) {
            throw new OutOfRangeException(
                    "block %d is not in 0..%d of %s".formatted(block, layers() - 1, name));
        }
        int window = runtime.facts().spec().attention().windows().get(block);
        return window == 0 ? OptionalInt.empty() : OptionalInt.of(window);
    }

    /** {@return number of tokens of the vocabulary, {@code d_vocab}} */
    public int vocabularySize() {
        return runtime.facts().spec().vocabulary();
    }

    /** {@return largest number of tokens of prompt and continuation} */
    public int contextLength() {
        return runtime.facts().spec().contextLength();
    }

    /** {@return where the model computes} */
    public Device device() {
        return runtime.device();
    }

    /** {@return number format the model computes in} */
    public ComputeType computeType() {
        return runtime.type();
    }

    /** {@return what the model is, for reports} */
    public ModelSummary summary() {
        return ModelSummary.of(name, contentHash, runtime);
    }

    /**
     * Tells whether the model has a place.
     *
     * @param point a point
     * @return true if it can be captured and edited
     */
    public boolean has(HookPoint point) {
        return runtime.facts().missing(point.site()).isEmpty()
                && (!point.site().inBlock() || point.block() < layers());
    }

    /** {@return every point of the model, in the order of computation within each site} */
    public ImmutableList<HookPoint> hookPoints() {
        ImmutableList.Builder<HookPoint> points = ImmutableList.builder();
        for (Site site : Site.values()) {
            if (runtime.facts().missing(site).isPresent()) {
                continue;
            }
            int blocks = site == Site.RESID_PRE || !site.inBlock() ? 1 : layers();
            for (int b = 0; b < blocks; b++) {
                points.add(HookPoint.of(site, b));
            }
        }
        return points.build();
    }

    /**
     * Returns the tokenizer.
     *
     * @return the checkpoint's tokenizer, owned by the model
     * @throws ModelException if the checkpoint has none
     * @throws ModelClosedException if the model is closed
     */
    public Tokenizer tokenizer() {
        return runtime.whileOpen(
                () ->
                        tokenizer.orElseThrow(
                                () ->
                                        new ModelException(
                                                "%s was loaded without tokenizer.json: give token ids (TokenizedPrompt.ofIds), or put tokenizer.json into the checkpoint's directory"
                                                        .formatted(name))));
    }

    Optional<Tokenizer> tokenizerIfAny() {
        return tokenizer;
    }

    ImmutableIntArray endOfText() {
        return endOfText;
    }

    ModelRuntime runtime() {
        return runtime;
    }

    /** Readable text of a token, {@code #id} without a tokenizer. */
    String label(int token) {
        return tokenizer.map(t -> t.label(token)).orElse("#" + token);
    }

    // ---- what it does ---------------------------------------------------------------------------

    /**
     * Tokenises a prompt as the model reads it.
     *
     * @param prompt text
     * @return its tokens
     */
    public TokenizedPrompt tokenize(String prompt) {
        return runtime.whileOpen(() -> tokenizer().tokenize(prompt));
    }

    /**
     * States a run over a prompt.
     *
     * @param prompt text
     * @return a run to add captures and interventions to
     */
    public Run run(String prompt) {
        return run(tokenize(prompt));
    }

    /**
     * States a run over a prompt.
     *
     * @param prompt tokens
     * @return a run to add captures and interventions to
     */
    public Run run(TokenizedPrompt prompt) {
        return run(TokenBatch.of(prompt));
    }

    /**
     * States a run over several prompts at once.
     *
     * @param prompts texts
     * @return a run to add captures and interventions to
     */
    public Run run(List<String> prompts) {
        return run(batch(prompts));
    }

    /**
     * States a run over several prompts at once.
     *
     * @param batch prompts and how they are padded
     * @return a run to add captures and interventions to
     */
    public Run run(TokenBatch batch) {
        return Run.of(this, batch);
    }

    /**
     * Lists the most probable next tokens.
     *
     * @param prompt text
     * @param k how many
     * @return most probable first
     */
    public ImmutableList<TokenProbability> topTokens(String prompt, int k) {
        return run(prompt).execute().topTokens(k);
    }

    /**
     * Generates greedily.
     *
     * @param prompt text
     * @param maxNewTokens tokens at most
     * @return the continuation
     */
    public Generation generate(String prompt, int maxNewTokens) {
        return generation(prompt).maxNewTokens(maxNewTokens).run().first();
    }

    /**
     * States a generation.
     *
     * @param prompt text
     * @return a request to add choices to
     */
    public GenerationRequest generation(String prompt) {
        return generation(tokenize(prompt));
    }

    /**
     * States a generation.
     *
     * @param prompt tokens
     * @return a request to add choices to
     */
    public GenerationRequest generation(TokenizedPrompt prompt) {
        return generation(TokenBatch.of(prompt));
    }

    /**
     * States a generation for several prompts at once.
     *
     * @param prompts texts
     * @return a request to add choices to
     */
    public GenerationRequest generation(List<String> prompts) {
        return generation(batch(prompts));
    }

    /**
     * States a generation for several prompts at once.
     *
     * @param batch prompts; padded anew on the left
     * @return a request to add choices to
     */
    public GenerationRequest generation(TokenBatch batch) {
        return GenerationRequest.of(this, batch);
    }

    private TokenBatch batch(List<String> prompts) {
        return TokenBatch.of(prompts.stream().map(this::tokenize).toList());
    }

    /**
     * States a sweep: many variations of a few runs.
     *
     * @param bases what the variations start from
     * @return a sweep to add cells to
     */
    public Sweep sweep(BaseRun... bases) {
        return sweep(Arrays.asList(bases));
    }

    /**
     * States a sweep: many variations of a few runs.
     *
     * @param bases what the variations start from
     * @return a sweep to add cells to
     */
    public Sweep sweep(List<BaseRun> bases) {
        return Sweep.of(this, bases);
    }

    /**
     * Reads a residual as the model reads its last one: final norm, unembedding, soft-cap.
     *
     * @param residual [d_model]
     * @return the distribution it stands for
     */
    public TokenDistribution unembed(double[] residual) {
        if (residual.length != width()) {
            throw new InterventionException(
                    "the residual has %d values, expected %d (d_model of %s)"
                            .formatted(residual.length, width(), name));
        }
        return MemoryAdvice.of(
                        () -> "unembedding a residual of " + name,
                        "close models and tensors that are no longer needed")
                .get(() -> TokenDistribution.ofLogits(runtime.unembed(residual), tokenizer));
    }

    /**
     * Reads a residual as the model reads its last one.
     *
     * @param residual [d_model]
     * @return the distribution it stands for
     */
    public TokenDistribution unembed(float[] residual) {
        double[] wide = new double[residual.length];
        Arrays.setAll(wide, i -> residual[i]);
        return unembed(wide);
    }

    /**
     * Reads many states as the model reads its last ones.
     *
     * @return a readout to add choices to
     */
    public Readout readout() {
        return Readout.of(this);
    }

    /**
     * Releases weights and tokenizer once runs under way have ended. Closing twice does nothing.
     *
     * @throws ModelException if called from inside one of the model's own runs
     */
    @Override
    public void close() {
        runtime.close();
        tokenizer.ifPresent(Tokenizer::close);
    }

    /** {@return for example {@code HookedModel[gpt2, 12 blocks, d_model 768, ...]}} */
    @Override
    public String toString() {
        return "HookedModel[%s, %d blocks, d_model %d, %d heads, vocabulary %d, %s, %s]"
                .formatted(
                        name,
                        layers(),
                        width(),
                        heads(),
                        vocabularySize(),
                        computeType().name().toLowerCase(Locale.ROOT),
                        ModelSummary.deviceName(device()));
    }
}
