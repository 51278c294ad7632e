package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Measures how linear a relation is in a model: faithfulness of its linear map, causality of edits
 * through it, and baselines of both. Hernandez et al. (2024), sections 4 and 5.
 *
 * <p>A trial shuffles the relation's subjects: the first n become examples, half of the others the
 * validation half, the rest the test half. Of both halves those count that the model itself answers
 * with the examples as context. Layer, beta and rank, and the layer of every baseline, are those
 * with the most hits on the validation half ({@link AnswerRule#PREFIX}; of equals those that make
 * the right token most probable), and all are scored on the test half. Not every method has a layer
 * of its own: {@link FaithfulnessMethod#LINEAR_RELATION_ZERO_SHOT} takes the one chosen for {@link
 * FaithfulnessMethod#LINEAR_RELATION}, with a beta of its own, {@link
 * FaithfulnessMethod#LINEAR_RELATION_OF_EMBEDDING} is always at layer 0, and the controls {@link
 * EditMethod#RANDOM_SUBJECT} and {@link EditMethod#RANDOM_DIRECTION} are made where {@link
 * EditMethod#SUBSTITUTE_SUBJECT} and {@link EditMethod#LINEAR_RELATION} are.
 *
 * <p>Targets of edits are drawn by the seed among the same half's subjects with another object, one
 * that begins with another token. Where the validation half has no such pair, nothing can be chosen
 * for edits, and the trial has none: {@link RelationTrial#hasEdits}.
 *
 * <pre>{@code
 * RelationReport report = RelationEvaluation.of(model).relation(capitals).seed(42).run();
 * report.faithfulness();                                               // 0.83 [0.66, 0.93] of 30
 * report.recall(FaithfulnessMethod.TRANSLATION, AnswerRule.FIRST_TOKEN, 1);
 * RelationTrial chosen = report.trials().get(0);
 * LinearRelation lre = LinearRelation.of(model).relation(capitals)
 *     .examples(chosen.examples()).layer(chosen.layer()).beta(chosen.beta()).fit();
 * }</pre>
 *
 * <p>Work of a trial, beside a pass for each sample: a Jacobian for each example and layer, a
 * singular value decomposition for each edit layer, and a sweep of ranks times samples there.
 * Memory: up to ten float64 matrices of d_model x d_model, those of the layer at hand and of the
 * best ones so far (1.3 GB at 4,096), and a state for each sample and layer. Choose few layers for
 * a wide model.
 *
 * <p>On the demo model, for capitals (seed 42, one trial, layers 1, 2 and 4, 30 known test samples,
 * recall@1 by the strict rule): the linear relation 0.83 [0.66, 0.93], learned affine map 0.17,
 * translation 0.10, logit lens and corner 0. That order is the paper's; translation is above chance
 * (1 of 115 capitals), though not by much. Unlike the large models of the paper this one says
 * nearly as much in its embeddings (0.80 at layer 0), and zero-shot prompts serve it better than
 * examples (0.93), as it was trained on such sentences. Edits: 0.97 through the linear relation,
 * 1.00 by substituting the subject, 0 for every control.
 *
 * <p>Immutable; each method returns a new evaluation.
 */
public final class RelationEvaluation {

    private static final double BETA_STEP = 0.25;
    private static final int BETA_STEPS = 20;
    private static final int RANK_STEP = 8;
    private static final int MOST_RANK = 320;

    private final HookedModel model;
    private final Choices choices;

    /** Choices; changed in a copy only. */
    private static final class Choices {
        Optional<Relation> relation = Optional.empty();
        Optional<String> template = Optional.empty();
        Optional<String> zeroShotTemplate = Optional.empty();
        String prefix = "";
        int examples = LinearRelationBuilder.EXAMPLES;
        Optional<Layers> layers = Optional.empty();
        Optional<Layers> editLayers = Optional.empty();
        ImmutableList<Double> betas =
                IntStream.rangeClosed(0, BETA_STEPS)
                        .mapToObj(i -> i * BETA_STEP)
                        .collect(ImmutableList.toImmutableList());
        Optional<ImmutableList<Integer>> ranks = Optional.empty();
        ImmutableList<Double> ridges = ImmutableList.of(0.01, 0.1, 1.0);
        double validationShare = 0.5;
        int mostSamples = Integer.MAX_VALUE;
        int trials = 3;
        long seed;
        Progress progress = Progress.none();

        Choices copy() {
            Choices copy = new Choices();
            copy.relation = relation;
            copy.template = template;
            copy.zeroShotTemplate = zeroShotTemplate;
            copy.prefix = prefix;
            copy.examples = examples;
            copy.layers = layers;
            copy.editLayers = editLayers;
            copy.betas = betas;
            copy.ranks = ranks;
            copy.ridges = ridges;
            copy.validationShare = validationShare;
            copy.mostSamples = mostSamples;
            copy.trials = trials;
            copy.seed = seed;
            copy.progress = progress;
            return copy;
        }
    }

    private RelationEvaluation(HookedModel model, Choices choices) {
        this.model = model;
        this.choices = choices;
    }

    /**
     * Starts describing an evaluation.
     *
     * @param model the model; stays the caller's to close
     * @return the evaluation
     */
    public static RelationEvaluation of(HookedModel model) {
        return new RelationEvaluation(model, new Choices());
    }

    private RelationEvaluation with(Consumer<Choices> change) {
        Choices copy = choices.copy();
        change.accept(copy);
        return new RelationEvaluation(model, copy);
    }

    /**
     * Sets the relation.
     *
     * @param data templates and samples; samples of one subject become one with several answers
     * @return the evaluation
     */
    public RelationEvaluation relation(Relation data) {
        return with(s -> s.relation = Optional.of(data));
    }

    /**
     * Chooses the template; the relation's first unless chosen.
     *
     * @param text a text that the object continues, with {@code {}} where the subject goes
     * @return the evaluation
     */
    public RelationEvaluation template(String text) {
        return with(s -> s.template = Optional.of(text));
    }

    /**
     * Chooses the template without examples; unless chosen the relation's first such, or its first
     * template.
     *
     * @param text a text that the object continues, with {@code {}} where the subject goes
     * @return the evaluation
     */
    public RelationEvaluation zeroShotTemplate(String text) {
        return with(s -> s.zeroShotTemplate = Optional.of(text));
    }

    /**
     * Puts a text before every prompt; none unless set.
     *
     * @param text for example {@code <|endoftext|>}, where the tokenizer puts nothing there itself
     * @return the evaluation
     */
    public RelationEvaluation prefix(String text) {
        return with(s -> s.prefix = text);
    }

    /**
     * Sets the number of examples; 5 unless set.
     *
     * @param count n, at least 1
     * @return the evaluation
     */
    public RelationEvaluation examples(int count) {
        checkArgument(count >= 1, "%s examples: at least one is needed", count);
        return with(s -> s.examples = count);
    }

    /**
     * Sets the layers to choose from; all but the last, from where nothing moves on, unless set.
     *
     * @param which layers of the subject
     * @return the evaluation
     */
    public RelationEvaluation layers(Layers which) {
        return with(s -> s.layers = Optional.of(which));
    }

    /**
     * Sets the layers to choose from for edits; those of {@link #layers} unless set.
     *
     * @param which layers of the subject
     * @return the evaluation
     */
    public RelationEvaluation editLayers(Layers which) {
        return with(s -> s.editLayers = Optional.of(which));
    }

    /**
     * Sets the factors to choose from; 0 to 5 in steps of 0.25 unless set.
     *
     * @param factors at least one, finite
     * @return the evaluation
     */
    public RelationEvaluation betas(double... factors) {
        checkArgument(
                factors.length > 0 && Arrays.stream(factors).allMatch(Double::isFinite),
                "betas %s: at least one is needed, and all finite",
                Arrays.toString(factors));
        return with(
                s ->
                        s.betas =
                                Arrays.stream(factors)
                                        .boxed()
                                        .collect(ImmutableList.toImmutableList()));
    }

    /**
     * Sets the ranks to choose from; 1, 8, 16, 24 and so on up to d_model or 320 unless set.
     *
     * @param which at least one, from 1; those above the rank of W are passed over
     * @return the evaluation
     */
    public RelationEvaluation ranks(int... which) {
        checkArgument(
                which.length > 0 && Arrays.stream(which).allMatch(rank -> rank >= 1),
                "ranks %s: at least one is needed, and none below 1",
                Arrays.toString(which));
        return with(
                s ->
                        s.ranks =
                                Optional.of(
                                        Arrays.stream(which)
                                                .boxed()
                                                .collect(ImmutableList.toImmutableList())));
    }

    /**
     * Sets the penalties of {@link FaithfulnessMethod#LEARNED_AFFINE} to choose from; 0.01, 0.1 and
     * 1 unless set.
     *
     * @param shares of the mean squared length of the examples' centred h; at least one, positive
     * @return the evaluation
     */
    public RelationEvaluation ridges(double... shares) {
        checkArgument(
                shares.length > 0 && Arrays.stream(shares).allMatch(share -> share > 0),
                "penalties %s: at least one is needed, and all above 0",
                Arrays.toString(shares));
        return with(
                s ->
                        s.ridges =
                                Arrays.stream(shares)
                                        .boxed()
                                        .collect(ImmutableList.toImmutableList()));
    }

    /**
     * Sets the share of samples that choices are made on; 0.5 unless set.
     *
     * @param share between 0 and 1; each half gets a sample at least
     * @return the evaluation
     */
    public RelationEvaluation validationShare(double share) {
        checkArgument(share > 0 && share < 1, "a validation share of %s is not in (0, 1)", share);
        return with(s -> s.validationShare = share);
    }

    /**
     * Limits each half; unlimited unless set.
     *
     * @param most samples of a half at most, at least 1
     * @return the evaluation
     */
    public RelationEvaluation mostSamples(int most) {
        checkArgument(most >= 1, "%s samples a half are none", most);
        return with(s -> s.mostSamples = most);
    }

    /**
     * Sets the number of trials, each with examples and halves of its own; 3 unless set.
     *
     * @param count at least 1
     * @return the evaluation
     */
    public RelationEvaluation trials(int count) {
        checkArgument(count >= 1, "%s trials: at least one is needed", count);
        return with(s -> s.trials = count);
    }

    /**
     * Sets the seed of the first trial, from which the others count on; 0 unless set.
     *
     * @param number the seed
     * @return the evaluation
     */
    public RelationEvaluation seed(long number) {
        return with(s -> s.seed = number);
    }

    /**
     * Sets a listener; a sample read, an example expanded at a layer and a layer edited are parts.
     *
     * @param listener hears of finished parts, and can stop the evaluation
     * @return the evaluation
     */
    public RelationEvaluation progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Runs all trials.
     *
     * @return the report
     * @throws IllegalStateException if the relation is missing
     * @throws IllegalArgumentException if the relation has too few subjects or no template, or the
     *     model answers none of a validation half
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have one of the
     *     layers
     * @throws dev.patchscopes.model.ModelException if the model computes in float16
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public RelationReport run() {
        checkState(
                choices.relation.isPresent(),
                "an evaluation needs a relation: add .relation(relation)");
        Relation data = choices.relation.orElseThrow().mergedBySubject();
        RelationSettings settings = settings(data);
        int subjects = data.samples().size();
        checkArgument(
                subjects >= choices.examples + 2,
                "\"%s\" has %s subjects, and %s examples with a sample to choose on and one to test"
                        + " take %s",
                data.name(),
                subjects,
                choices.examples,
                choices.examples + 2);
        Steps steps =
                new Steps(
                        choices.progress,
                        "the evaluation of \"%s\"".formatted(data.name()),
                        choices.trials * TrialRun.parts(settings, subjects));
        return steps.during(
                () -> {
                    ImmutableList.Builder<RelationTrial> chosen = ImmutableList.builder();
                    ImmutableList.Builder<PredictionOutcome> predictions = ImmutableList.builder();
                    ImmutableList.Builder<EditOutcome> edits = ImmutableList.builder();
                    for (int trial = 0; trial < choices.trials; trial++) {
                        TrialRun.Result result =
                                new TrialRun(model, data, settings, trial, steps).run();
                        chosen.add(result.trial());
                        predictions.addAll(result.predictions());
                        edits.addAll(result.edits());
                    }
                    return new RelationReport(
                            new RelationReportProvenance(
                                    LibraryVersion.current(),
                                    ModelIdentity.of(model),
                                    data.name(),
                                    subjects,
                                    settings),
                            chosen.build(),
                            predictions.build(),
                            edits.build());
                });
    }

    private RelationSettings settings(Relation data) {
        Layers own = choices.layers.orElseGet(() -> Layers.range(0, model.layers() - 1));
        return new RelationSettings(
                choices.template.orElseGet(() -> LinearRelationBuilder.firstTemplate(data, true)),
                choices.zeroShotTemplate.orElseGet(
                        () -> LinearRelationBuilder.firstTemplate(data, false)),
                choices.prefix,
                choices.examples,
                list(own),
                choices.betas,
                list(choices.editLayers.orElse(own)),
                choices.ranks.orElseGet(() -> ranks(Math.min(model.width(), MOST_RANK))),
                choices.ridges,
                choices.validationShare,
                choices.mostSamples,
                choices.trials,
                choices.seed);
    }

    private ImmutableList<Integer> list(Layers which) {
        return ImmutableList.copyOf(which.resolve(model).asList());
    }

    private static ImmutableList<Integer> ranks(int most) {
        return IntStream.rangeClosed(0, most / RANK_STEP)
                .mapToObj(i -> Math.max(1, i * RANK_STEP))
                .collect(ImmutableList.toImmutableList());
    }

    /** {@return model and relation} */
    @Override
    public String toString() {
        return "RelationEvaluation[%s, %s, %d trials]"
                .formatted(
                        model.name(),
                        choices.relation.map(Relation::name).orElse("?"),
                        choices.trials);
    }
}
