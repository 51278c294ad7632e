package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.TokenProbability;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Measures how well states tell later tokens (Pal et al., 2023, section 4): precision@k and the
 * surprisal of what is predicted, by layer and N, of any number of lenses and baselines on the same
 * positions of the same texts.
 *
 * <p>Predictions are held against the model's own greedy continuation and against the text, see
 * {@link FutureTruth}. Those of later tokens are given the true tokens in between, which prompts
 * and bigrams make use of and affine maps do not. Positions are drawn at random, the first of a
 * text never. Immutable; each method returns a new evaluation.
 *
 * <pre>{@code
 * FutureLensReport report = FutureLensEvaluation.of(model)
 *     .predictors(lens, FutureLens.unpatched(model, FuturePrompts.first()), bigrams)
 *     .on(heldOut)
 *     .examples(500)
 *     .run();
 * System.out.println(report);
 * }</pre>
 */
public final class FutureLensEvaluation {
    private final HookedModel model;
    private final ImmutableList<FuturePredictor> predictors;
    private final TextCorpus corpus;
    private final Layers layers;
    private final Sampling sampling;
    private final Progress progress;

    /** Which examples. */
    private record Sampling(int examples, int perText, int top, long seed) {}

    private FutureLensEvaluation(
            HookedModel model,
            ImmutableList<FuturePredictor> predictors,
            TextCorpus corpus,
            Layers layers,
            Sampling sampling,
            Progress progress) {
        this.model = model;
        this.predictors = predictors;
        this.corpus = corpus;
        this.layers = layers;
        this.sampling = sampling;
        this.progress = progress;
    }

    /**
     * Starts an evaluation.
     *
     * @param model the model
     * @return an evaluation to make choices for
     */
    public static FutureLensEvaluation of(HookedModel model) {
        return new FutureLensEvaluation(
                model,
                ImmutableList.of(),
                TextCorpus.of(),
                Layers.all(),
                new Sampling(200, 1, Math.min(10, model.vocabularySize()), 0),
                Progress.none());
    }

    /**
     * Chooses what is measured.
     *
     * @param what lenses and baselines, each under a name of its own
     * @return the evaluation
     * @throws IllegalArgumentException if one is of another model, or of the same loaded another
     *     time, or if two have the same name; {@link FutureLens#named} gives another
     */
    public FutureLensEvaluation predictors(FuturePredictor... what) {
        ImmutableList<FuturePredictor> all = ImmutableList.copyOf(what);
        for (FuturePredictor predictor : all) {
            checkArgument(
                    predictor.model() == model,
                    "%s is of %s, and the evaluation of %s as it was loaded: evaluate each model by"
                            + " itself",
                    predictor.name(),
                    predictor.model().name(),
                    model.name());
        }
        checkArgument(
                all.stream().map(FuturePredictor::name).distinct().count() == all.size(),
                "two of %s have the same name, and the report would not tell them apart: give one"
                        + " another by lens.named(...)",
                all.stream().map(FuturePredictor::name).toList());
        return new FutureLensEvaluation(model, all, corpus, layers, sampling, progress);
    }

    /**
     * Chooses the texts, which should be none that a lens was trained on: {@link TextCorpus#split}
     * parts a corpus.
     *
     * @param texts texts
     * @return the evaluation
     */
    public FutureLensEvaluation on(TextCorpus texts) {
        return new FutureLensEvaluation(model, predictors, texts, layers, sampling, progress);
    }

    /**
     * Chooses layers; all of them unless chosen. Lenses are measured at those of them they read.
     *
     * @param which layers
     * @return the evaluation
     */
    public FutureLensEvaluation layers(Layers which) {
        return new FutureLensEvaluation(model, predictors, corpus, which, sampling, progress);
    }

    /**
     * Chooses how many examples are taken at most; 200 unless chosen. Texts are read from the first
     * on, and no further when there are enough.
     *
     * @param most at least 1
     * @return the evaluation
     * @throws IllegalArgumentException if it is less
     */
    public FutureLensEvaluation examples(int most) {
        checkArgument(most >= 1, "%s examples are none", most);
        return with(new Sampling(most, sampling.perText, sampling.top, sampling.seed));
    }

    /**
     * Chooses how many positions of a text are taken; 1 unless chosen. Positions of one text are
     * not independent, and intervals and errors are those of so many texts, not positions.
     *
     * @param positions at least 1
     * @return the evaluation
     * @throws IllegalArgumentException if it is less
     */
    public FutureLensEvaluation positionsPerText(int positions) {
        checkArgument(positions >= 1, "%s positions are none", positions);
        return with(new Sampling(sampling.examples, positions, sampling.top, sampling.seed));
    }

    /**
     * Chooses the largest k of precision@k; 10 unless chosen.
     *
     * @param k at least 1
     * @return the evaluation
     * @throws IllegalArgumentException if it is less, or more than the vocabulary has
     */
    public FutureLensEvaluation top(int k) {
        model.readout().top(k);
        return with(new Sampling(sampling.examples, sampling.perText, k, sampling.seed));
    }

    /**
     * Chooses the seed of the positions; 0 unless chosen.
     *
     * @param number the seed
     * @return the evaluation
     */
    public FutureLensEvaluation seed(long number) {
        return with(new Sampling(sampling.examples, sampling.perText, sampling.top, number));
    }

    private FutureLensEvaluation with(Sampling other) {
        return new FutureLensEvaluation(model, predictors, corpus, layers, other, progress);
    }

    /**
     * Listens to the evaluation, and can stop it; parts are texts read, then predictors under each
     * truth. The texts are counted before, all of them, unless it is {@link Progress#none}; those
     * not read count as parts done when there are examples enough.
     *
     * @param listener told behind every 16 texts and behind each predictor and truth, asked there
     * @return the evaluation
     */
    public FutureLensEvaluation progress(Progress listener) {
        return new FutureLensEvaluation(model, predictors, corpus, layers, sampling, listener);
    }

    /**
     * Measures.
     *
     * @return a score for each predictor, truth, layer and N
     * @throws IllegalArgumentException if nothing is to be measured, or no text is long enough
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public FutureLensReport run() {
        checkArgument(!predictors.isEmpty(), "nothing is measured: add .predictors(lens, ...)");
        int ahead = predictors.stream().mapToInt(FuturePredictor::ahead).max().orElseThrow();
        FutureExamples.Choice choice =
                new FutureExamples.Choice(
                        model, layers.resolve(model), ahead, sampling.perText, sampling.seed);
        Texts texts = choice.texts(corpus).countedFor(progress);
        Steps steps =
                new Steps(
                        progress,
                        "the evaluation of future lenses",
                        texts.count() + (long) predictors.size() * FutureTruth.values().length);
        return steps.during(
                () -> {
                    FutureExamples.Both examples = choice.of(texts, sampling.examples, steps);
                    List<FutureScore> scores = new ArrayList<>();
                    for (FuturePredictor predictor : predictors) {
                        for (FutureTruth truth : FutureTruth.values()) {
                            score(predictor, truth, examples.of(truth), scores);
                            steps.done();
                        }
                    }
                    return new FutureLensReport(
                            LibraryVersion.current(),
                            ModelIdentity.of(model),
                            examples.textsHash(),
                            sampling.perText,
                            sampling.seed,
                            examples.text().rows(),
                            predictors.stream()
                                    .collect(
                                            ImmutableMap.toImmutableMap(
                                                    FuturePredictor::name,
                                                    FuturePredictor::toString)),
                            ImmutableList.copyOf(scores));
                });
    }

    private void score(
            FuturePredictor predictor,
            FutureTruth truth,
            FutureExamples examples,
            List<FutureScore> scores) {
        boolean reads = !predictor.layers().isEmpty();
        List<FutureStates> states =
                reads
                        ? examples.states().stream()
                                .filter(some -> predictor.layers().contains(some.layer()))
                                .toList()
                        : examples.states().subList(0, 1);
        List<FuturePredictions> predictions = predictor.predict(states, sampling.top);
        for (int i = 0; i < states.size(); i++) {
            for (int ahead = 0; ahead <= predictor.ahead(); ahead++) {
                List<ImmutableIntArray> ranked =
                        predictions.get(i).top().get(ahead).stream()
                                .map(FutureLensEvaluation::ids)
                                .toList();
                int[] first = ranked.stream().mapToInt(ids -> ids.get(0)).toArray();
                scores.add(
                        FutureScore.of(
                                predictor.name(),
                                reads ? OptionalInt.of(states.get(i).layer()) : OptionalInt.empty(),
                                truth,
                                ahead,
                                FutureScore.hits(ranked, examples.truth(ahead), sampling.top),
                                LastStates.surprisals(model, examples.last().get(ahead), first),
                                examples.texts()));
            }
        }
    }

    private static ImmutableIntArray ids(List<TokenProbability> tokens) {
        return ImmutableIntArray.copyOf(tokens.stream().mapToInt(TokenProbability::id));
    }

    /** {@return what is measured, on what} */
    @Override
    public String toString() {
        return "FutureLensEvaluation[%s, %s, on %s, %d examples]"
                .formatted(
                        model.name(),
                        predictors.stream().map(FuturePredictor::name).toList(),
                        corpus,
                        sampling.examples);
    }
}
