package dev.patchscopes.lens;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Measures how well lenses read the layers of a model, over texts: every text is run once for all
 * lenses (Ghandeharioun et al., 2024, section 4.1; Belrose et al., 2023, section 3).
 *
 * <p>Immutable; each method returns a new evaluation.
 *
 * <pre>{@code
 * LensReport report = LensEvaluation.of(LogitLens.of(model), TokenIdentityLens.of(model))
 *     .texts(TextCorpus.open(Path.of("pile.jsonl.zst")).filter(TextFilter.paper()).sample(2000, 42))
 *     .onePositionPerText()
 *     .controls()
 *     .seed(42)
 *     .run();
 * System.out.println(report);
 * report.of("logit lens").at(6, LensMetric.KL_FROM_MODEL);
 * }</pre>
 */
public final class LensEvaluation {
    private final HookedModel model;
    private final Settings settings;

    /** Choices; changed in a copy only. */
    static final class Settings {
        ImmutableList<Lens> lenses = ImmutableList.of();
        ImmutableList<String> texts = ImmutableList.of();
        ImmutableIntArray layers = ImmutableIntArray.of();
        boolean everyPosition = true;
        int skipped;
        int maxTokens;
        boolean controls;
        long seed;
        double confidence = 0.95;
        int resamples = 1000;
        Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.lenses = lenses;
            copy.texts = texts;
            copy.layers = layers;
            copy.everyPosition = everyPosition;
            copy.skipped = skipped;
            copy.maxTokens = maxTokens;
            copy.controls = controls;
            copy.seed = seed;
            copy.confidence = confidence;
            copy.resamples = resamples;
            copy.progress = progress;
            return copy;
        }
    }

    private LensEvaluation(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Chooses lenses of one model.
     *
     * @param lenses at least one, no two of the same name
     * @return the evaluation
     * @throws IllegalArgumentException if there is none, they read several models, or two have the
     *     same name
     */
    public static LensEvaluation of(Lens... lenses) {
        return of(Arrays.asList(lenses));
    }

    /**
     * Chooses lenses of one model.
     *
     * @param lenses at least one, no two of the same name
     * @return the evaluation
     * @throws IllegalArgumentException if there is none, they read several models, or two have the
     *     same name
     */
    public static LensEvaluation of(List<? extends Lens> lenses) {
        checkArgument(!lenses.isEmpty(), "no lens is given");
        HookedModel model = lenses.get(0).model();
        for (Lens lens : lenses) {
            checkArgument(
                    lens.model() == model,
                    "%s reads %s, and %s reads %s: evaluate each model by itself",
                    lens.name(),
                    lens.model().name(),
                    lenses.get(0).name(),
                    model.name());
        }
        List<String> names = lenses.stream().map(Lens::name).toList();
        checkArgument(
                ImmutableSet.copyOf(names).size() == names.size(),
                "two lenses have the same name, by which results know them: %s",
                names);
        Settings settings = new Settings();
        settings.lenses = ImmutableList.copyOf(lenses);
        settings.layers = Layers.all().resolve(model);
        settings.maxTokens = Math.min(model.contextLength(), 2048);
        return new LensEvaluation(model, settings);
    }

    private LensEvaluation with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new LensEvaluation(model, copy);
    }

    /**
     * Chooses texts.
     *
     * @param all texts
     * @return the evaluation
     */
    public LensEvaluation texts(Iterable<String> all) {
        return with(s -> s.texts = ImmutableList.copyOf(all));
    }

    /**
     * Chooses texts: the documents of a corpus, which are read now and held.
     *
     * @param corpus the corpus, of no more documents than memory holds: see {@link
     *     TextCorpus#sample}
     * @return the evaluation
     */
    public LensEvaluation texts(TextCorpus corpus) {
        ImmutableList.Builder<String> all = ImmutableList.builder();
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            documents.stream().forEach(document -> all.add(document.text()));
        }
        return texts(all.build());
    }

    /**
     * Chooses layers; all of them, 0..L, unless chosen.
     *
     * @param layers layers of the model
     * @return the evaluation
     */
    public LensEvaluation layers(Layers layers) {
        return with(s -> s.layers = layers.resolve(model));
    }

    /**
     * Evaluates all states of a text. This is the default.
     *
     * @return the evaluation
     */
    public LensEvaluation allPositions() {
        return with(s -> s.everyPosition = true);
    }

    /**
     * Evaluates the state of one position of each text, drawn uniformly with the seed. The paper
     * cuts texts at a random place and reads the last state; since states do not see what follows,
     * that is the same.
     *
     * @return the evaluation
     */
    public LensEvaluation onePositionPerText() {
        return with(s -> s.everyPosition = false);
    }

    /**
     * Leaves out the first states of each text, which in many models are unlike all others; none
     * unless chosen.
     *
     * @param count how many; texts with no more tokens are left out
     * @return the evaluation
     */
    public LensEvaluation skipFirst(int count) {
        checkArgument(count >= 0, "%s states cannot be left out", count);
        return with(s -> s.skipped = count);
    }

    /**
     * Cuts texts; at the model's context, and 2,048 tokens at most, unless chosen.
     *
     * @param tokens how many tokens of a text are read at most
     * @return the evaluation
     * @throws IllegalArgumentException if it is none, or more than the model's context
     */
    public LensEvaluation maxTokens(int tokens) {
        checkArgument(
                tokens >= 1 && tokens <= model.contextLength(),
                "%s tokens are not in 1..%s, the context of %s",
                tokens,
                model.contextLength(),
                model.name());
        return with(s -> s.maxTokens = tokens);
    }

    /**
     * Evaluates controls too: each lens given random vectors of the states' norms, and the token
     * identity prompt with nothing patched in.
     *
     * @return the evaluation
     */
    public LensEvaluation controls() {
        return with(s -> s.controls = true);
    }

    /**
     * Sets the seed of positions, random vectors and intervals; 0 unless set.
     *
     * @param seed the seed
     * @return the evaluation
     */
    public LensEvaluation seed(long seed) {
        return with(s -> s.seed = seed);
    }

    /**
     * Chooses intervals: percentiles of means over texts drawn again; 0.95 and 1,000 unless chosen.
     *
     * @param confidence in (0, 1)
     * @param resamples at least 1
     * @return the evaluation
     */
    public LensEvaluation intervals(double confidence, int resamples) {
        checkArgument(
                confidence > 0 && confidence < 1,
                "a confidence of %s is not in (0, 1)",
                confidence);
        checkArgument(resamples >= 1, "%s resamples are too few", resamples);
        return with(
                s -> {
                    s.confidence = confidence;
                    s.resamples = resamples;
                });
    }

    /**
     * Sets a listener.
     *
     * @param listener hears of finished texts, and can stop the evaluation
     * @return the evaluation
     */
    public LensEvaluation progress(Progress listener) {
        return with(s -> s.progress = Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Evaluates.
     *
     * @return scores of each lens at each layer
     * @throws IllegalArgumentException if no text is long enough
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     */
    public LensReport run() {
        return new LensEvaluator(model, settings).run();
    }

    /** {@return lenses, and how many texts} */
    @Override
    public String toString() {
        return "LensEvaluation[%s, %s, %d texts]"
                .formatted(
                        model.name(),
                        settings.lenses.stream().map(Lens::name).toList(),
                        settings.texts.size());
    }
}
