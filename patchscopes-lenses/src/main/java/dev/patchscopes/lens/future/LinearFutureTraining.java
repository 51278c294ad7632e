package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableTable;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.internal.Penalties;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;

/**
 * Fits the maps of a {@link LinearFutureLens} in closed form: ridge regression from h_l at t to h_L
 * at t + N, for all layers and all N from one pass over each text.
 *
 * <p>For N = 0 the map is drawn towards the identity (what is regressed is h_L - h_l), for later
 * tokens towards the mean of h_L: a state further ahead is no small change of this one. Each map's
 * penalty is the one of {@link #penalties} whose predictions are nearest, in KL(model || lens), to
 * the model's own on texts kept aside. The first token of a text, whose states are unlike all
 * others, is left out.
 *
 * <p>Sums are kept in float64: 16 d_model^2 bytes for each layer and N, 500 MB for GPT-2 small with
 * all 13 layers and four N. The maps among which one is chosen come on top, on the heap: 8
 * d_model^2 bytes for each penalty, layer and N, another 1 GB for four penalties; {@link #fineTune}
 * adds 24 d_model^2 for each layer and N, two thirds of it native. {@link #layers} takes fewer at a
 * time. Immutable; each method returns a new training.
 *
 * <pre>{@code
 * LinearFutureLens lens = FutureLens.linear(model)
 *     .on(TextCorpus.open(Path.of("texts")))
 *     .layers(Layers.at(4, 8))
 *     .fit();
 * }</pre>
 */
public final class LinearFutureTraining {
    private final HookedModel model;
    private final TextCorpus corpus;
    private final ImmutableIntArray layers;
    private final int ahead;
    private final ImmutableDoubleArray penalties;
    private final double validation;
    private final long seed;
    private final int epochs;
    private final Progress progress;

    private LinearFutureTraining(
            HookedModel model,
            TextCorpus corpus,
            ImmutableIntArray layers,
            int ahead,
            ImmutableDoubleArray penalties,
            double validation,
            long seed,
            int epochs,
            Progress progress) {
        this.model = model;
        this.corpus = corpus;
        this.layers = layers;
        this.ahead = ahead;
        this.penalties = penalties;
        this.validation = validation;
        this.seed = seed;
        this.epochs = epochs;
        this.progress = progress;
    }

    static LinearFutureTraining of(HookedModel model) {
        return new LinearFutureTraining(
                model,
                TextCorpus.of(),
                Layers.all().resolve(model),
                FutureLens.AHEAD,
                ImmutableDoubleArray.of(1e-5, 1e-4, 1e-3, 1e-2),
                0.1,
                0,
                0,
                Progress.none());
    }

    /**
     * Chooses the texts; each is cut at the model's context.
     *
     * @param texts texts to fit on, some of which are kept aside to choose penalties
     * @return the training
     */
    public LinearFutureTraining on(TextCorpus texts) {
        return new LinearFutureTraining(
                model, texts, layers, ahead, penalties, validation, seed, epochs, progress);
    }

    /**
     * Chooses layers; all of them, 0..L, unless chosen.
     *
     * @param which layers of the model
     * @return the training
     * @throws dev.patchscopes.model.OutOfRangeException if the model has no such layer
     */
    public LinearFutureTraining layers(Layers which) {
        return new LinearFutureTraining(
                model,
                corpus,
                which.resolve(model),
                ahead,
                penalties,
                validation,
                seed,
                epochs,
                progress);
    }

    /**
     * Chooses how far ahead; N = 0..3 unless chosen.
     *
     * @param most the largest N
     * @return the training
     * @throws IllegalArgumentException if it is negative
     */
    public LinearFutureTraining ahead(int most) {
        checkArgument(most >= 0, "N = %s lies behind the next token, which is N = 0", most);
        return new LinearFutureTraining(
                model, corpus, layers, most, penalties, validation, seed, epochs, progress);
    }

    /**
     * Chooses what penalties are tried, as fractions of the mean square of the states; 1e-5, 1e-4,
     * 1e-3 and 1e-2 unless chosen.
     *
     * @param fractions see {@link dev.patchscopes.linear.Moments#relativePenalty}; one alone is
     *     taken as it is
     * @return the training
     * @throws IllegalArgumentException if there are none, or one is no finite number above 0
     */
    public LinearFutureTraining penalties(double... fractions) {
        return new LinearFutureTraining(
                model,
                corpus,
                layers,
                ahead,
                Penalties.of(fractions),
                validation,
                seed,
                epochs,
                progress);
    }

    /**
     * Chooses the share of texts kept aside, to choose penalties on; a tenth unless chosen.
     *
     * @param share above 0, below 1
     * @return the training
     */
    public LinearFutureTraining validation(double share) {
        checkArgument(share > 0 && share < 1, "a share of %s is not between 0 and 1", share);
        return new LinearFutureTraining(
                model, corpus, layers, ahead, penalties, share, seed, epochs, progress);
    }

    /**
     * Chooses the seed of the split; 0 unless chosen.
     *
     * @param number the seed
     * @return the training
     */
    public LinearFutureTraining seed(long number) {
        return new LinearFutureTraining(
                model, corpus, layers, ahead, penalties, validation, number, epochs, progress);
    }

    /**
     * Goes on from the closed form by gradient steps on KL(model || lens), as the paper does: a
     * step for every 16 texts with Nesterov's momentum of 0.9, learning rate 0.05, weight decay
     * 1e-3 and gradients limited to a norm of 1. The rate falls to a tenth when a map's divergence
     * on the texts kept aside has not fallen for more than three epochs, and the map that was
     * nearest there is kept, the one of the closed form among them. No epochs unless chosen.
     *
     * @param count how many times the texts are gone through
     * @return the training
     * @throws IllegalArgumentException if it is negative
     */
    public LinearFutureTraining fineTune(int count) {
        checkArgument(count >= 0, "%s epochs are fewer than none", count);
        return new LinearFutureTraining(
                model, corpus, layers, ahead, penalties, validation, seed, count, progress);
    }

    /**
     * Listens to the training, and can stop it; a part is a text read, by the model that is, which
     * reads a text as often as it is fitted and measured on. The texts are counted before, unless
     * it is {@link Progress#none}.
     *
     * @param listener told behind every 16 texts, asked there and before each map is worked out
     * @return the training
     */
    public LinearFutureTraining progress(Progress listener) {
        return new LinearFutureTraining(
                model, corpus, layers, ahead, penalties, validation, seed, epochs, listener);
    }

    /**
     * Fits the maps.
     *
     * @return the lens
     * @throws IllegalArgumentException if the texts, or those kept aside, are too few or too short;
     *     none need be kept aside for one penalty without fine-tuning
     * @throws dev.patchscopes.linear.SingularMatrixException if states are so alike that a penalty
     *     is too small
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public LinearFutureLens fit() {
        CorpusSplit split = corpus.split(validation, seed);
        Texts training = Texts.of(model, split.training(), ahead + 2).countedFor(progress);
        Texts evaluation = Texts.of(model, split.evaluation(), ahead + 2).countedFor(progress);
        Steps steps = steps(training, evaluation);
        return steps.during(() -> fit(training, evaluation, steps));
    }

    private LinearFutureLens fit(Texts training, Texts evaluation, Steps steps) {
        try (FutureMoments moments = new FutureMoments(model, layers, ahead)) {
            String textsHash = training.digested(steps, moments::add);
            checkArgument(
                    moments.rows() > 1,
                    "the texts of %s hold no pairs of states %s tokens apart: give more, or longer"
                            + " ones",
                    corpus.split(validation, seed).training(),
                    ahead);
            PenaltyChoice<AffineMap> choice =
                    PenaltyChoice.ofStates(
                            model, layers, ahead, moments.candidates(penalties, steps));
            if (penalties.length() > 1) {
                evaluation.read(steps, choice::isEnough, choice::add);
            }
            ImmutableTable<Integer, Integer, AffineMap> best = choice.best();
            FutureOrigin origin =
                    new FutureOrigin(
                            LibraryVersion.current(),
                            textsHash,
                            validation,
                            seed,
                            epochs,
                            choice.penalties(penalties));
            if (epochs == 0) {
                return LinearFutureLens.fitted(model, best, origin);
            }
            try (FutureTuning tuning = new FutureTuning(model, layers, ahead, best)) {
                return LinearFutureLens.fitted(
                        model, tuning.run(training, evaluation, epochs, steps), origin);
            }
        }
    }

    private Steps steps(Texts training, Texts evaluation) {
        long parts = training.count() + (penalties.length() > 1 ? evaluation.count() : 0);
        if (epochs > 0) {
            parts += FutureTuning.parts(training.count(), evaluation.count(), epochs);
        }
        return new Steps(progress, "the training of a linear future lens", parts);
    }

    /** {@return the model, layers and N} */
    @Override
    public String toString() {
        return "LinearFutureTraining[%s, layers %s, N up to %d, penalties %s]"
                .formatted(model.name(), layers, ahead, penalties);
    }
}
