package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Trains a {@link SoftPrompt} through the frozen model (Pal et al., 2023, section 3.4).
 *
 * <p>The loss is the mean over the chosen N of KL(model || patched): the model's own distribution
 * at t + N of its greedy continuation of the text, and that of the prompt with the state of
 * position t written over its last vector, tokens in between given. Unless chosen otherwise: 10
 * vectors drawn from N(0, 0.02), layer L / 2, N = 0..3, AdamW with learning rate 5e-4 and weight
 * decay 1e-5, gradients limited to a norm of 1, 8 examples a step, 1,250 steps, 4 positions a text.
 * A tenth of the texts is kept aside; the vectors with the smallest loss on them are the result.
 *
 * <p>Immutable; each method returns a new training.
 *
 * <pre>{@code
 * SoftPrompt prompt = SoftPrompt.train(model)
 *     .on(TextCorpus.open(Path.of("texts")))
 *     .layer(5)
 *     .ahead(0, 1)
 *     .steps(500)
 *     .fit();
 * }</pre>
 */
public final class SoftPromptTraining {
    private final HookedModel model;
    private final Settings settings;

    /** Choices; changed in a copy only. */
    static final class Settings {
        TextCorpus corpus = TextCorpus.of();
        int length = 10;
        int layer;
        ImmutableIntArray ahead = ImmutableIntArray.of(0, 1, 2, 3);
        double rate = 5e-4;
        double decay = 1e-5;
        double clip = 1;
        int batch = 8;
        int steps = 1250;
        int examples = 10_000;
        int perText = 4;
        double validation = 0.1;
        long seed = 42;
        Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.corpus = corpus;
            copy.length = length;
            copy.layer = layer;
            copy.ahead = ahead;
            copy.rate = rate;
            copy.decay = decay;
            copy.clip = clip;
            copy.batch = batch;
            copy.steps = steps;
            copy.examples = examples;
            copy.perText = perText;
            copy.validation = validation;
            copy.seed = seed;
            copy.progress = progress;
            return copy;
        }
    }

    private SoftPromptTraining(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    static SoftPromptTraining of(HookedModel model) {
        Settings settings = new Settings();
        settings.layer = model.layers() / 2;
        return new SoftPromptTraining(model, settings);
    }

    private SoftPromptTraining with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new SoftPromptTraining(model, copy);
    }

    /**
     * Chooses the texts; each is cut at the model's context.
     *
     * @param texts texts to train on, some of which are kept aside
     * @return the training
     */
    public SoftPromptTraining on(TextCorpus texts) {
        return with(s -> s.corpus = texts);
    }

    /**
     * Chooses the layer that states are read at and written to; L / 2 unless chosen.
     *
     * @param l 0..L-1: a state written at L is read as it is, whatever the vectors
     * @return the training
     * @throws OutOfRangeException if the model has no such layer, or it is L
     */
    public SoftPromptTraining layer(int l) {
        if (l < 0 || l >= model.layers()) {
            throw new OutOfRangeException(
                    "layer %d is not in 0..%d: a state written at layer %d of %s leaves the prompt nothing to say of the next token"
                            .formatted(l, model.layers() - 1, model.layers(), model.name()));
        }
        return with(s -> s.layer = l);
    }

    /**
     * Chooses how many vectors; 10 unless chosen.
     *
     * @param vectors at least 1
     * @return the training
     * @throws IllegalArgumentException if it is less
     */
    public SoftPromptTraining length(int vectors) {
        checkArgument(vectors >= 1, "%s vectors are no prompt", vectors);
        return with(s -> s.length = vectors);
    }

    /**
     * Chooses what is trained for; N = 0, 1, 2 and 3 unless chosen.
     *
     * @param n the N, each 0..3
     * @return the training
     * @throws IllegalArgumentException if none is given, or one is another number
     */
    public SoftPromptTraining ahead(int... n) {
        checkArgument(
                n.length > 0 && Arrays.stream(n).allMatch(i -> i >= 0 && i <= FutureLens.AHEAD),
                "N = %s is not in 0..%s",
                Arrays.toString(n),
                FutureLens.AHEAD);
        return with(s -> s.ahead = ImmutableIntArray.copyOf(Arrays.stream(n).distinct().sorted()));
    }

    /**
     * Chooses the learning rate; 5e-4 unless chosen.
     *
     * @param rate above 0, finite
     * @return the training
     * @throws IllegalArgumentException if it is another number
     */
    public SoftPromptTraining learningRate(double rate) {
        checkArgument(
                rate > 0 && Double.isFinite(rate),
                "a learning rate of %s is no finite number above 0; 5e-4 is a usual one",
                rate);
        return with(s -> s.rate = rate);
    }

    /**
     * Chooses the weight decay; 1e-5 unless chosen.
     *
     * @param decay at least 0, finite
     * @return the training
     * @throws IllegalArgumentException if it is another number
     */
    public SoftPromptTraining weightDecay(double decay) {
        checkArgument(
                decay >= 0 && Double.isFinite(decay),
                "a weight decay of %s is no finite number of at least 0",
                decay);
        return with(s -> s.decay = decay);
    }

    /**
     * Chooses how many examples a step takes; each is a prompt for each N. 8 unless chosen.
     *
     * @param examples at least 1
     * @return the training
     * @throws IllegalArgumentException if it is less
     */
    public SoftPromptTraining batch(int examples) {
        checkArgument(examples >= 1, "a batch of %s is none", examples);
        return with(s -> s.batch = examples);
    }

    /**
     * Chooses how many steps; 1,250 unless chosen.
     *
     * @param count at least 1
     * @return the training
     * @throws IllegalArgumentException if it is less
     */
    public SoftPromptTraining steps(int count) {
        checkArgument(count >= 1, "%s steps train nothing", count);
        return with(s -> s.steps = count);
    }

    /**
     * Chooses how many examples there are at most, over which steps go again and again; 10,000
     * unless chosen, and never more than the steps come to. All are held on the heap: (2 + N)
     * d_model numbers of 8 bytes each with N the largest, 300 MB for 10,000 of GPT-2 small, and
     * four times that while they are gathered.
     *
     * @param most at least 1
     * @return the training
     * @throws IllegalArgumentException if it is less
     */
    public SoftPromptTraining examples(int most) {
        checkArgument(most >= 1, "%s examples are none", most);
        return with(s -> s.examples = most);
    }

    /**
     * Chooses how many positions of a text are taken; 4 unless chosen.
     *
     * @param positions at least 1
     * @return the training
     * @throws IllegalArgumentException if it is less
     */
    public SoftPromptTraining positionsPerText(int positions) {
        checkArgument(positions >= 1, "%s positions are none", positions);
        return with(s -> s.perText = positions);
    }

    /**
     * Chooses the share of texts kept aside; a tenth unless chosen.
     *
     * @param share above 0, below 1
     * @return the training
     * @throws IllegalArgumentException if it is another number
     */
    public SoftPromptTraining validation(double share) {
        checkArgument(share > 0 && share < 1, "a share of %s is not between 0 and 1", share);
        return with(s -> s.validation = share);
    }

    /**
     * Chooses the seed of the first vectors, the split, the positions and the order; 42, that of
     * the paper's code, unless chosen.
     *
     * @param number the seed
     * @return the training
     */
    public SoftPromptTraining seed(long number) {
        return with(s -> s.seed = number);
    }

    /**
     * Sets a listener, which hears of every step and can stop the training.
     *
     * @param listener the listener
     * @return the training
     */
    public SoftPromptTraining progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Trains.
     *
     * @return the prompt
     * @throws IllegalArgumentException if the texts, or those kept aside, are too few or too short
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     * @throws dev.patchscopes.model.ModelException if the model computes in float16
     */
    public SoftPrompt fit() {
        CorpusSplit split = settings.corpus.split(settings.validation, settings.seed);
        int most = settings.ahead.get(settings.ahead.length() - 1);
        FutureExamples.Choice choice =
                new FutureExamples.Choice(
                        model,
                        ImmutableIntArray.of(settings.layer),
                        most,
                        settings.perText,
                        settings.seed);
        SoftPromptFit fit =
                new SoftPromptFit(
                        model,
                        settings,
                        examples(choice, split.training(), used()),
                        examples(choice, split.evaluation(), SoftPromptFit.KEPT_ASIDE));
        Matrix best = fit.run();
        return new SoftPrompt(
                LibraryVersion.current(),
                ModelIdentity.of(model),
                settings.layer,
                settings.ahead,
                settings.seed,
                best,
                fit.bestLoss());
    }

    /**
     * Parts are steps, so that the listener hears nothing of this; it can stop it. The texts are
     * not counted: they may be many more than are read.
     */
    private FutureExamples examples(FutureExamples.Choice choice, TextCorpus corpus, int most) {
        Steps steps =
                new Steps(
                        Steps.quiet(settings.progress),
                        "the training of a soft prompt",
                        settings.steps);
        return steps.during(
                () -> {
                    return choice.of(choice.texts(corpus), most, steps).model();
                });
    }

    /** No more examples than the steps will come to. */
    private int used() {
        return (int) Math.min(settings.examples, (long) settings.steps * settings.batch);
    }

    /** {@return model, layer and steps} */
    @Override
    public String toString() {
        return "SoftPromptTraining[%s, %d vectors, layer %d, N %s, %d steps of %d]"
                .formatted(
                        model.name(),
                        settings.length,
                        settings.layer,
                        settings.ahead,
                        settings.steps,
                        settings.batch);
    }
}
