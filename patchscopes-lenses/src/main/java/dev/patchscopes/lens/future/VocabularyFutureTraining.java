package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.internal.Penalties;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.util.function.Consumer;

/**
 * Fits the maps of a {@link VocabularyFutureLens} in closed form, for all layers and all N from one
 * pass over each text: reduced-rank ridge regression (Mukherjee and Zhu, 2011) from h_l at t to the
 * model's own logits at t + N, about their mean over the vocabulary, which no distribution depends
 * on, and before a soft-cap.
 *
 * <p>Those logits are W_U n + b_U with n what the final norm makes of h_L, so that the regression
 * is one on n in the metric W_U^T C W_U (C centres over the vocabulary), and none of its sums is as
 * wide as the vocabulary. Each map's penalty is the one of {@link #penalties} whose predictions are
 * nearest, in KL(model || lens), to the model's own on texts kept aside. The first token of a text,
 * whose states are unlike all others, is left out.
 *
 * <p>Sums are kept in float64: 16 d_model^2 bytes for each layer and N, 500 MB for GPT-2 small with
 * all 13 layers and four N; {@link #layers} takes fewer at a time. Beside them a copy of W_U is
 * held for a moment. Immutable; each method returns a new training.
 *
 * <pre>{@code
 * VocabularyFutureLens lens = FutureLens.linearToVocabulary(model)
 *     .rank(64)
 *     .on(TextCorpus.open(Path.of("texts")))
 *     .layers(Layers.at(4, 8))
 *     .fit();
 * }</pre>
 */
public final class VocabularyFutureTraining {
    private static final int RANK = 64;

    private final HookedModel model;
    private final Settings settings;

    /** Choices; only {@link #with} changes one, and only on a copy nobody else has. */
    private static final class Settings {
        private TextCorpus corpus = TextCorpus.of();
        private ImmutableIntArray layers;
        private int ahead = FutureLens.AHEAD;
        private int rank;
        private ImmutableDoubleArray penalties = ImmutableDoubleArray.of(1e-5, 1e-4, 1e-3, 1e-2);
        private double validation = 0.1;
        private long seed;
        private Progress progress = Progress.none();

        Settings(ImmutableIntArray layers, int rank) {
            this.layers = layers;
            this.rank = rank;
        }

        Settings copy() {
            Settings copy = new Settings(layers, rank);
            copy.corpus = corpus;
            copy.ahead = ahead;
            copy.penalties = penalties;
            copy.validation = validation;
            copy.seed = seed;
            copy.progress = progress;
            return copy;
        }
    }

    private VocabularyFutureTraining(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    static VocabularyFutureTraining of(HookedModel model) {
        return new VocabularyFutureTraining(
                model, new Settings(Layers.all().resolve(model), Math.min(RANK, most(model))));
    }

    private VocabularyFutureTraining with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new VocabularyFutureTraining(model, copy);
    }

    /** No map has a larger rank than its narrower side. */
    private static int most(HookedModel model) {
        return Math.min(model.width(), model.readout().normalizedWidth());
    }

    /**
     * Chooses the rank of each map; 64 unless chosen, or the largest if that is less.
     *
     * @param r at least 1, at most the smaller of d_model and the width of W_U
     * @return the training
     * @throws IllegalArgumentException if it is another number
     */
    public VocabularyFutureTraining rank(int r) {
        checkArgument(
                r >= 1 && r <= most(model),
                "rank %s is not in 1..%s, the widths of %s",
                r,
                most(model),
                model.name());
        return with(s -> s.rank = r);
    }

    /**
     * Chooses the texts; each is cut at the model's context.
     *
     * @param texts texts to fit on, some of which are kept aside to choose penalties
     * @return the training
     */
    public VocabularyFutureTraining on(TextCorpus texts) {
        return with(s -> s.corpus = texts);
    }

    /**
     * Chooses layers; all of them, 0..L, unless chosen.
     *
     * @param which layers of the model
     * @return the training
     * @throws dev.patchscopes.model.OutOfRangeException if the model has no such layer
     */
    public VocabularyFutureTraining layers(Layers which) {
        return with(s -> s.layers = which.resolve(model));
    }

    /**
     * Chooses how far ahead; N = 0..3 unless chosen.
     *
     * @param most the largest N
     * @return the training
     * @throws IllegalArgumentException if it is negative
     */
    public VocabularyFutureTraining ahead(int most) {
        checkArgument(most >= 0, "N = %s lies behind the next token, which is N = 0", most);
        return with(s -> s.ahead = most);
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
    public VocabularyFutureTraining penalties(double... fractions) {
        return with(s -> s.penalties = Penalties.of(fractions));
    }

    /**
     * Chooses the share of texts kept aside, to choose penalties on; a tenth unless chosen.
     *
     * @param share above 0, below 1
     * @return the training
     * @throws IllegalArgumentException if it is another number
     */
    public VocabularyFutureTraining validation(double share) {
        checkArgument(share > 0 && share < 1, "a share of %s is not between 0 and 1", share);
        return with(s -> s.validation = share);
    }

    /**
     * Chooses the seed of the split; 0 unless chosen.
     *
     * @param number the seed
     * @return the training
     */
    public VocabularyFutureTraining seed(long number) {
        return with(s -> s.seed = number);
    }

    /**
     * Listens to the training, and can stop it; a part is a text read by the model. The texts are
     * counted before, unless it is {@link Progress#none}.
     *
     * @param listener told behind every 16 texts, asked there and before each map is worked out
     * @return the training
     */
    public VocabularyFutureTraining progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Fits the maps.
     *
     * @return the lens
     * @throws IllegalArgumentException if the texts, or those kept aside, are too few or too short
     * @throws dev.patchscopes.linear.SingularMatrixException if states are so alike that a penalty
     *     is too small
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public VocabularyFutureLens fit() {
        int ahead = settings.ahead;
        CorpusSplit split = settings.corpus.split(settings.validation, settings.seed);
        boolean chooses = settings.penalties.length() > 1;
        Texts training = Texts.of(model, split.training(), ahead + 2).countedFor(settings.progress);
        Texts aside = Texts.of(model, split.evaluation(), ahead + 2);
        Texts evaluation = chooses ? aside.countedFor(settings.progress) : aside;
        Steps steps =
                new Steps(
                        settings.progress,
                        "the training of a future lens to the vocabulary",
                        training.count() + evaluation.count());
        return steps.during(
                () -> {
                    try (VocabularyMoments moments =
                            new VocabularyMoments(model, settings.layers, ahead)) {
                        String textsHash = training.digested(steps, moments::add);
                        checkArgument(
                                moments.rows() > 1,
                                "the texts of %s hold no pairs of states %s tokens apart: give more, or longer"
                                        + " ones",
                                split.training(),
                                ahead);
                        PenaltyChoice<VocabularyMap> choice =
                                PenaltyChoice.ofNormalized(
                                        model,
                                        settings.layers,
                                        ahead,
                                        moments.candidates(
                                                settings.rank, settings.penalties, steps));
                        if (chooses) {
                            evaluation.read(steps, choice::isEnough, choice::add);
                        }
                        return VocabularyFutureLens.fitted(
                                model,
                                choice.best(),
                                new FutureOrigin(
                                        LibraryVersion.current(),
                                        textsHash,
                                        settings.validation,
                                        settings.seed,
                                        0,
                                        choice.penalties(settings.penalties)));
                    }
                });
    }

    /** {@return the model, rank, layers and N} */
    @Override
    public String toString() {
        return "VocabularyFutureTraining[%s, rank %d, layers %s, N up to %d, penalties %s]"
                .formatted(
                        model.name(),
                        settings.rank,
                        settings.layers,
                        settings.ahead,
                        settings.penalties);
    }
}
