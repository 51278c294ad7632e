package dev.patchscopes.lens.tuned;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.corpus.Chunking;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The training of a tuned lens (Belrose et al., 2023, section 3, by the reference code): all layers
 * at once towards the model's own distributions, KL(model || lens), averaged over all positions.
 *
 * <p>Stochastic gradient descent with Nesterov's momentum 0.9 at a learning rate of 0.1, a weight
 * decay of 1e-3 and one clip of the gradient's norm over all layers at 1, the rate falling to 0 in
 * a line. A step takes the model's residuals and its own distributions once for all layers; the
 * gradients have closed forms, so nothing is recorded. 200 steps of 4,096 tokens in chunks of 128
 * are the default, sized for a CPU; {@link #reference()} has the published recipe's sizes. {@link
 * #warmStart} from {@link TunedLens#ridge} saves most of the steps.
 *
 * <p>Immutable; each method returns a new one.
 *
 * <pre>{@code
 * try (TunedLens lens =
 *         TunedLens.train(model)
 *                 .on(TextCorpus.open(Path.of("texts")))
 *                 .steps(100)
 *                 .snapshots(Path.of("lens.snapshot"), 10)
 *                 .fit()) {
 *     System.out.println(lens.history());
 *     lens.save(Path.of("lens"));
 * }
 * }</pre>
 */
public final class TunedTraining {
    private static final int CHUNK = 128;
    private static final int REFERENCE_CHUNK = 2048;

    private final HookedModel model;
    private final TrainingSettings settings;
    private final Optional<TokenChunks.Source> source;
    private final Chunking chunking;
    private final Optional<TunedLens> start;
    private final Optional<Snapshots> snapshots;
    private final Progress progress;

    /** Where a training's state is kept, and after how many steps each time. */
    record Snapshots(Path file, int every) {}

    private TunedTraining(
            HookedModel model,
            TrainingSettings settings,
            Optional<TokenChunks.Source> source,
            Chunking chunking,
            Optional<TunedLens> start,
            Optional<Snapshots> snapshots,
            Progress progress) {
        this.model = model;
        this.settings = settings;
        this.source = source;
        this.chunking = chunking;
        this.start = start;
        this.snapshots = snapshots;
        this.progress = progress;
    }

    static TunedTraining of(HookedModel model) {
        return new TunedTraining(
                model,
                TrainingSettings.DEFAULT,
                Optional.empty(),
                Chunking.joined(Math.min(CHUNK, model.contextLength())),
                Optional.empty(),
                Optional.empty(),
                Progress.none());
    }

    private TunedTraining with(TrainingSettings other) {
        return new TunedTraining(model, other, source, chunking, start, snapshots, progress);
    }

    private TunedTraining with(TokenChunks.Source other) {
        return new TunedTraining(
                model, settings, Optional.of(other), chunking, start, snapshots, progress);
    }

    /**
     * Chooses the texts to train on.
     *
     * @param texts a corpus, of which as much is read as the steps need
     * @return the training
     */
    public TunedTraining on(TextCorpus texts) {
        return with(new TokenChunks.Texts(texts));
    }

    /**
     * Chooses the texts to train on.
     *
     * @param texts documents
     * @return the training
     */
    public TunedTraining on(Iterable<String> texts) {
        return on(TextCorpus.of(texts));
    }

    /**
     * Chooses the tokens to train on.
     *
     * @param chunks token ids, all of one length, which is then the chunks'
     * @return the training
     * @throws IllegalArgumentException if there are none, or their lengths differ
     */
    public TunedTraining onTokens(List<ImmutableIntArray> chunks) {
        return with(new TokenChunks.Tokens(ImmutableList.copyOf(chunks)));
    }

    /**
     * Chooses how texts are cut; across documents into chunks of 128 tokens unless chosen.
     *
     * @param how {@link Chunking#joined} or {@link Chunking#ofLength}: chunks of one length
     * @return the training
     * @throws IllegalArgumentException if it gives chunks of several lengths
     */
    public TunedTraining chunking(Chunking how) {
        TokenChunks.length(how);
        return new TunedTraining(model, settings, source, how, start, snapshots, progress);
    }

    /**
     * Chooses the number of steps; 200 unless chosen.
     *
     * @param n at least 1
     * @return the training
     * @throws IllegalArgumentException if it is less
     */
    public TunedTraining steps(int n) {
        checkArgument(n >= 1, "%s steps: take 1 or more", n);
        return with(settings.withSteps(n));
    }

    /**
     * Chooses the tokens of a step; 4,096 unless chosen.
     *
     * @param n a multiple of the chunks' length
     * @return the training
     * @throws IllegalArgumentException if it is less than 1
     */
    public TunedTraining tokensPerStep(int n) {
        checkArgument(n >= 1, "%s tokens a step: take 1 or more", n);
        return with(settings.withTokensPerStep(n));
    }

    /**
     * Chooses about how many tokens the model reads at once, which changes results by rounding
     * only; 512 unless chosen, and one chunk at least.
     *
     * @param n at least 1
     * @return the training
     * @throws IllegalArgumentException if it is less
     */
    public TunedTraining tokensAtOnce(int n) {
        checkArgument(n >= 1, "%s tokens at once: take 1 or more", n);
        return with(settings.withTokensAtOnce(n));
    }

    /**
     * Takes the sizes of the published recipe: 250 steps of 262,144 tokens in chunks of 2,048
     * across documents, or of the model's context where that is shorter and divides the step.
     *
     * @return the training
     */
    public TunedTraining reference() {
        int context = Integer.highestOneBit(model.contextLength());
        return with(settings.withSteps(250).withTokensPerStep(1 << 18))
                .chunking(Chunking.joined(Math.min(REFERENCE_CHUNK, context)));
    }

    /**
     * Chooses the learning rate, as what is divided by what momentum multiplies it by; 1 unless
     * chosen.
     *
     * @param scale the learning rate is {@code scale (1 - momentum)}; above 0
     * @return the training
     * @throws IllegalArgumentException if it is not
     */
    public TunedTraining learningRateScale(double scale) {
        checkArgument(
                scale > 0 && Double.isFinite(scale),
                "a learning rate's scale of %s is not above 0",
                scale);
        return with(
                settings.withOptimiser(
                        scale, settings.momentum(), settings.weightDecay(), settings.clip()));
    }

    /**
     * Chooses the momentum; 0.9 unless chosen.
     *
     * @param mu at least 0, below 1
     * @return the training
     * @throws IllegalArgumentException if it is not
     */
    public TunedTraining momentum(double mu) {
        checkArgument(mu >= 0 && mu < 1, "a momentum of %s is not in [0, 1)", mu);
        return with(
                settings.withOptimiser(
                        settings.rateScale(), mu, settings.weightDecay(), settings.clip()));
    }

    /**
     * Chooses the weight decay, which draws translators towards the identity; 1e-3 unless chosen.
     *
     * @param decay at least 0
     * @return the training
     * @throws IllegalArgumentException if it is not
     */
    public TunedTraining weightDecay(double decay) {
        checkArgument(
                decay >= 0 && Double.isFinite(decay), "a weight decay of %s is below 0", decay);
        return with(
                settings.withOptimiser(
                        settings.rateScale(), settings.momentum(), decay, settings.clip()));
    }

    /**
     * Chooses the largest norm of the gradient of all layers together; 1 unless chosen.
     *
     * @param norm above 0; infinite for any, which leaves every layer to itself
     * @return the training
     * @throws IllegalArgumentException if it is not
     */
    public TunedTraining clip(double norm) {
        checkArgument(norm > 0, "a largest norm of %s is not above 0", norm);
        OptionalDouble clip =
                Double.isInfinite(norm) ? OptionalDouble.empty() : OptionalDouble.of(norm);
        return with(
                settings.withOptimiser(
                        settings.rateScale(), settings.momentum(), settings.weightDecay(), clip));
    }

    /**
     * Chooses the seed of the order in which chunks are read; 42, the published recipe's, unless
     * chosen.
     *
     * @param seed any
     * @return the training
     */
    public TunedTraining seed(long seed) {
        return with(settings.withOrder(seed, settings.repeating()));
    }

    /**
     * Reads chunks again, in another order, where the texts are too few for all steps; an error
     * otherwise.
     *
     * @return the training
     */
    public TunedTraining repeating() {
        return with(settings.withOrder(settings.seed(), true));
    }

    /**
     * Chooses the layers to train; all of 0..L-1 unless chosen. The others stay as they start.
     *
     * @param layers layers of the model, L not among them
     * @return the training
     * @throws dev.patchscopes.model.OutOfRangeException if the model has no such layer
     * @throws IllegalArgumentException if L is among them
     */
    public TunedTraining layers(Layers layers) {
        ImmutableIntArray some = layers.resolve(model);
        checkArgument(
                !some.contains(model.layers()),
                "layer %s is the model's last, whose reading needs no translator: choose from"
                        + " 0..%s",
                model.layers(),
                model.layers() - 1);
        return with(settings.withLayers(some));
    }

    /**
     * Starts from another lens, such as one of {@link TunedLens#ridge}; from the logit lens
     * otherwise.
     *
     * @param lens of the same model; copied when the training starts, so leave it open until then
     * @return the training
     * @throws IllegalArgumentException if it is of a model of other sizes
     */
    public TunedTraining warmStart(TunedLens lens) {
        checkArgument(
                lens.model().layers() == model.layers() && lens.model().width() == model.width(),
                "%s does not fit %s",
                lens,
                model);
        return new TunedTraining(
                model, settings, source, chunking, Optional.of(lens), snapshots, progress);
    }

    /**
     * Keeps the training's state in a file, and goes on from there if the file is there: to the
     * same weights, bit for bit on one machine, as without the interruption.
     *
     * @param file written whole or not at all; its directory must exist. One training at a time
     *     uses it, of all processes
     * @param every after how many steps; also when the training is cancelled and when it ends
     * @return the training
     * @throws IllegalArgumentException if {@code every} is less than 1
     */
    public TunedTraining snapshots(Path file, int every) {
        checkArgument(every >= 1, "a snapshot after every %s steps: take 1 or more", every);
        return new TunedTraining(
                model,
                settings,
                source,
                chunking,
                start,
                Optional.of(new Snapshots(file, every)),
                progress);
    }

    /**
     * Listens to the training, and can stop it; a part is a step.
     *
     * @param listener told after each step, asked between layers
     * @return the training
     */
    public TunedTraining progress(Progress listener) {
        return new TunedTraining(model, settings, source, chunking, start, snapshots, listener);
    }

    /**
     * Trains.
     *
     * @return the lens, with its {@link TunedLens#history()}; the caller closes it
     * @throws IllegalArgumentException if no texts were chosen, the texts are too few, the tokens
     *     of a step are no multiple of the chunks' length, or a snapshot is of another training,
     *     damaged or in use by another
     * @throws dev.patchscopes.model.ModelException if a loss is no number
     * @throws dev.patchscopes.model.MemoryException if memory runs out; the last snapshot stays as
     *     it is
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     */
    public TunedLens fit() {
        checkArgument(source.isPresent(), "choose texts to train on: on(...) or onTokens(...)");
        int length =
                source.get() instanceof TokenChunks.Tokens tokens
                        ? tokens.chunks().get(0).length()
                        : TokenChunks.length(chunking);
        checkArgument(
                settings.tokensPerStep() % length == 0,
                "%s tokens a step are no multiple of the chunks' %s: take tokensPerStep(%s)",
                settings.tokensPerStep(),
                length,
                Math.max(1, settings.tokensPerStep() / length) * length);
        checkArgument(
                length <= model.contextLength(),
                "chunks of %s tokens are longer than the %s that %s reads",
                length,
                model.contextLength(),
                model.name());
        long needed = (long) settings.steps() * settings.tokensPerStep() / length;
        TokenChunks chunks = source.get().read(model, chunking, needed);
        checkArgument(
                chunks.count() == needed || (settings.repeating() && chunks.count() > 0),
                "the texts give %s chunks of %s tokens, and %s steps of %s tokens need %s: give more"
                        + " texts, take fewer steps, or read them again with repeating()",
                chunks.count(),
                length,
                settings.steps(),
                settings.tokensPerStep(),
                needed);
        return new TrainingRun(model, settings, chunks, snapshots, progress).fit(start);
    }

    /** {@return the model and the choices} */
    @Override
    public String toString() {
        return "training of a tuned lens of %s: %s".formatted(model.name(), settings);
    }
}
