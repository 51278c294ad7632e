package dev.patchscopes.lens.feature;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Zero-shot feature extraction as a Patchscope (Ghandeharioun et al., "Patchscopes", 2024, section
 * 4.2): is the attribute of a subject in the subject's representation?
 *
 * <p>The source prompt S is a sentence that mentions the subject, i its last token there; the
 * target prompt T puts the relation into words and has a placeholder x where the subject belongs,
 * such as {@code The official currency of x}. The vector of every layer l is written over x at
 * every layer l*, unchanged, and a sample is answered if the object is in the greedy continuation.
 *
 * <p>Beside it stand what the model says of the real subject in place of x, which decides which
 * samples count; of x itself, without a patch; and of x under random vectors of the same lengths.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.demo()) {
 *     FeatureExtractionReport r = FeatureExtraction.of(model)
 *         .relation(Relation.of(GroundTruth.of(DemoModel.STANDARD), "currency"))
 *         .sources("She spent a week in {} once.")
 *         .seed(42)
 *         .run();
 *     r.at(3, 2).paper();     // rate of one cell, with its interval
 *     r.oracle();             // any cell, as the paper scores
 *     r.heldOutCell();        // a cell chosen on half of the subjects, scored on the others
 *     r.randomControl().oracle();
 * }
 * }</pre>
 *
 * <p>Layers are those of {@link Layers}, 0..L. The paper's code sweeps outputs of all blocks but
 * the last, {@code Layers.range(1, L - 1)}, and the ends are special indeed: layer 0 is the
 * embedding of the subject's last token, which at l* = 0 is that token in place of x, the direct
 * question if the subject has no other; and of a vector in layer L the model can only name the next
 * token, which may be the subject itself, whose attribute it then tells from the text.
 *
 * <p>An answer ends as soon as both scorings find the object in it, whatever would follow; the
 * tokens that this saves could not change a score. Immutable: each method returns another one.
 */
public final class FeatureExtraction {
    private final HookedModel model;
    private final Settings settings;

    /** Choices; only {@link #with} changes one, and only on a copy nobody else has. */
    private static final class Settings {
        private Optional<Relation> relation = Optional.empty();
        private Optional<TargetPrompt> target = Optional.empty();
        private ImmutableList<String> templates = ImmutableList.of(Relation.SLOT);
        private ImmutableList<FeatureSample> samples = ImmutableList.of();
        private Layers sourceLayers = Layers.all();
        private Layers targetLayers = Layers.all();
        private int newTokens = 10;
        private int directTokens = 20;
        private boolean countsAll;
        private long seed;
        private Optional<Long> budget = Optional.empty();
        private Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.relation = relation;
            copy.target = target;
            copy.templates = templates;
            copy.samples = samples;
            copy.sourceLayers = sourceLayers;
            copy.targetLayers = targetLayers;
            copy.newTokens = newTokens;
            copy.directTokens = directTokens;
            copy.countsAll = countsAll;
            copy.seed = seed;
            copy.budget = budget;
            copy.progress = progress;
            return copy;
        }
    }

    private FeatureExtraction(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Starts stating a feature extraction.
     *
     * @param model read, written to and asked; stays the caller's to close
     * @return a feature extraction to add choices to
     */
    public static FeatureExtraction of(HookedModel model) {
        return new FeatureExtraction(Objects.requireNonNull(model, "model"), new Settings());
    }

    private FeatureExtraction with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new FeatureExtraction(model, copy);
    }

    /**
     * Chooses the relation. Its phrase becomes the target prompt, or by its name the one the
     * paper's data has, unless {@link #target} chooses another; its facts the samples, a subject's
     * objects together, unless {@link #samples} gives others.
     *
     * @param relation the relation
     * @return the feature extraction
     */
    public FeatureExtraction relation(Relation relation) {
        return with(s -> s.relation = Optional.of(relation));
    }

    /**
     * Chooses sentences that mention the subjects: each fact of the relation is put into each. Only
     * what comes before the subject matters to its representation. The bare subject unless chosen.
     *
     * @param templates sentences with {@code {}} once; at least one
     * @return the feature extraction
     */
    public FeatureExtraction sources(String... templates) {
        checkArgument(
                templates.length > 0,
                "sources() names no sentence: give at least one, or leave it out for bare subjects");
        return with(s -> s.templates = ImmutableList.copyOf(templates));
    }

    /**
     * Chooses the samples, sentences and all; see {@link PaperSamples} for those of the paper.
     *
     * @param samples at least one
     * @return the feature extraction
     */
    public FeatureExtraction samples(List<FeatureSample> samples) {
        checkArgument(!samples.isEmpty(), "samples() names no sample: give at least one");
        return with(s -> s.samples = ImmutableList.copyOf(samples));
    }

    /**
     * Chooses the target prompt T.
     *
     * @param prompt a text with a placeholder, such as {@link TargetPrompt#featureExtraction}
     * @return the feature extraction
     * @throws IllegalArgumentException if it has no placeholder
     */
    public FeatureExtraction target(TargetPrompt prompt) {
        checkArgument(
                prompt.placeholder().isPresent(),
                "the target prompt %s has no placeholder for the subject: use TargetPrompt.featureExtraction(\"The capital city of\") or TargetPrompt.of(text, \"x\")",
                prompt);
        return with(s -> s.target = Optional.of(prompt));
    }

    /**
     * Chooses the layers of the grid; all of them unless chosen.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return the feature extraction
     */
    public FeatureExtraction layers(Layers sourceLayers, Layers targetLayers) {
        return with(
                s -> {
                    s.sourceLayers = Objects.requireNonNull(sourceLayers, "sourceLayers");
                    s.targetLayers = Objects.requireNonNull(targetLayers, "targetLayers");
                });
    }

    /**
     * Chooses how long answers get at most; 10 tokens unless chosen, as in the paper's code.
     *
     * @param tokens tokens generated in each cell, at least 1
     * @return the feature extraction
     */
    public FeatureExtraction maxNewTokens(int tokens) {
        checkArgument(tokens >= 1, "maxNewTokens %s: an answer takes at least one", tokens);
        return with(s -> s.newTokens = tokens);
    }

    /**
     * Chooses how long answers to the direct question get at most; 20 tokens unless chosen, as in
     * the paper's code.
     *
     * @param tokens tokens generated, at least 1
     * @return the feature extraction
     */
    public FeatureExtraction maxDirectTokens(int tokens) {
        checkArgument(tokens >= 1, "maxDirectTokens %s: an answer takes at least one", tokens);
        return with(s -> s.directTokens = tokens);
    }

    /**
     * Counts samples whatever the model answers to the direct question. Unless called, under each
     * scoring only those count that it answers.
     *
     * @return the feature extraction
     */
    public FeatureExtraction countAll() {
        return with(s -> s.countsAll = true);
    }

    /**
     * Chooses the seed of random vectors, of the halves a cell is chosen and scored on, and of the
     * bootstrap; 0 unless chosen.
     *
     * @param seed the seed
     * @return the feature extraction
     */
    public FeatureExtraction seed(long seed) {
        return with(s -> s.seed = seed);
    }

    /**
     * Limits the memory that cells in flight may take beyond the model; see {@link
     * dev.patchscopes.model.Sweep#memoryBudget(long)}.
     *
     * @param bytes the limit, at least 1
     * @return the feature extraction
     */
    public FeatureExtraction memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener. It hears of finished cells, patched and random, once the direct questions
     * are answered, and can stop the work at any time.
     *
     * @param listener hears of finished cells
     * @return the feature extraction
     */
    public FeatureExtraction progress(Progress listener) {
        return with(s -> s.progress = Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Computes the direct questions, the target prompt without a patch, and all cells, patched and
     * random.
     *
     * @return the report
     * @throws PatchscopeException if there are no samples or no target prompt, or no sample counts
     * @throws dev.patchscopes.text.PositionException if the placeholder is not one token
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have a layer
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds the model's context
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public FeatureExtractionReport run() {
        FeatureProvenance plan =
                new FeatureProvenance(
                        LibraryVersion.current(),
                        ModelIdentity.of(model),
                        settings.relation.map(Relation::name).orElse("samples"),
                        targetPrompt(),
                        settings.sourceLayers.resolve(model),
                        settings.targetLayers.resolve(model),
                        settings.newTokens,
                        settings.directTokens,
                        settings.countsAll,
                        settings.seed);
        return new FeatureRun(model, plan, settings.budget, settings.progress).run(samples());
    }

    /** {@return the samples, in the order of the report} */
    public ImmutableList<FeatureSample> samples() {
        if (!settings.samples.isEmpty()) {
            return settings.samples;
        }
        ImmutableList.Builder<FeatureSample> out = ImmutableList.builder();
        for (Relation.Sample fact :
                settings.relation
                        .map(r -> r.mergedBySubject().samples())
                        .orElse(ImmutableList.of())) {
            settings.templates.forEach(template -> out.add(FeatureSample.of(fact, template)));
        }
        ImmutableList<FeatureSample> samples = out.build();
        if (samples.isEmpty()) {
            throw new PatchscopeException(
                    "the feature extraction on %s has no samples: add .relation(relation) or .samples(list)"
                            .formatted(model.name()));
        }
        return samples;
    }

    private TargetPrompt targetPrompt() {
        return settings.target
                .or(() -> settings.relation.flatMap(Verbalisations::of))
                .orElseThrow(
                        () ->
                                new PatchscopeException(
                                        "%s has no target prompt: it has no phrase, and the paper's data knows no such name; add .target(TargetPrompt.featureExtraction(\"The capital city of\")) in your words"
                                                .formatted(
                                                        settings.relation
                                                                .map(
                                                                        r ->
                                                                                "the relation "
                                                                                        + Quoting
                                                                                                .quote(
                                                                                                        r
                                                                                                                .name()))
                                                                .orElse(
                                                                        "the feature extraction"))));
    }

    /**
     * States one cell of one sample as a Patchscope by itself, which gives the same text.
     *
     * @param sample the sample
     * @param sourceLayer l
     * @param targetLayer l*
     * @return the patchscope
     * @throws PatchscopeException if there is no target prompt
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have a layer
     */
    public Patchscope asPatchscope(FeatureSample sample, int sourceLayer, int targetLayer) {
        TokenizedPrompt sentence = model.tokenize(sample.sentence());
        return Patchscope.on(model)
                .sourcePrompt(sentence)
                .sourcePosition(Positions.at(sample.position(sentence)))
                .sourceLayer(sourceLayer)
                .targetPrompt(targetPrompt())
                .targetLayer(targetLayer)
                .maxNewTokens(settings.newTokens)
                .build();
    }

    /** {@return model, relation and what was chosen} */
    @Override
    public String toString() {
        return "FeatureExtraction[%s, %s, %s x %s, %d new tokens, seed %d]"
                .formatted(
                        model.name(),
                        settings.samples.isEmpty()
                                ? settings.relation.map(Relation::toString).orElse("no relation")
                                : settings.samples.size() + " samples",
                        settings.sourceLayers,
                        settings.targetLayers,
                        settings.newTokens,
                        settings.seed);
    }
}
