package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Maps;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.HookedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One trial: examples, validation half and test half of one shuffle. The test half is not looked at
 * before everything is chosen.
 */
final class TrialRun {
    private final HookedModel model;
    private final Relation relation;
    private final RelationSettings settings;
    private final int trial;
    private final Steps steps;
    private final long seed;
    private final ImmutableList<Relation.Sample> examples;
    private final ImmutableList<Relation.Sample> validationSamples;
    private final ImmutableList<Relation.Sample> testSamples;
    private final RelationContext context;
    private final RelationContext zeroShot;
    private final ImmutableSet<Integer> layers;
    private final ImmutableList.Builder<PredictionOutcome> predictions = ImmutableList.builder();

    /** What a trial found. */
    record Result(
            RelationTrial trial,
            ImmutableList<PredictionOutcome> predictions,
            ImmutableList<EditOutcome> edits) {}

    TrialRun(
            HookedModel model,
            Relation relation,
            RelationSettings settings,
            int trial,
            Steps steps) {
        this.model = model;
        this.relation = relation;
        this.settings = settings;
        this.trial = trial;
        this.steps = steps;
        this.seed = settings.seed() + trial;
        Shuffled shuffled = Shuffled.of(relation, seed);
        this.examples = shuffled.first(settings.examples());
        List<Relation.Sample> rest =
                shuffled.samples().subList(examples.size(), shuffled.samples().size());
        int half = validationSize(settings, rest.size());
        this.validationSamples = atMost(rest.subList(0, half));
        this.testSamples = atMost(rest.subList(half, rest.size()));
        this.context = new RelationContext(settings.template(), settings.prefix(), examples);
        this.zeroShot =
                new RelationContext(
                        settings.zeroShotTemplate(), settings.prefix(), ImmutableList.of());
        this.layers =
                ImmutableSet.<Integer>builder()
                        .add(0)
                        .addAll(settings.layers())
                        .addAll(settings.editLayers())
                        .build();
    }

    private ImmutableList<Relation.Sample> atMost(List<Relation.Sample> half) {
        return ImmutableList.copyOf(half.subList(0, Math.min(settings.mostSamples(), half.size())));
    }

    private static int validationSize(RelationSettings settings, int left) {
        checkArgument(
                left >= 2,
                "%s samples are left after the examples, and a half to choose on and a half to test"
                        + " take two at least",
                left);
        int share = (int) Math.round(settings.validationShare() * left);
        return Math.max(1, Math.min(left - 1, share));
    }

    /** Parts of a trial: subjects read, examples expanded, layers of edits, and the test. */
    static long parts(RelationSettings settings, int samples) {
        int left = samples - settings.examples();
        int half = validationSize(settings, left);
        int most = settings.mostSamples();
        long read = (long) Math.min(half, most) + Math.min(left - half, most);
        long expanded =
                ImmutableSet.<Integer>builder()
                        .add(0)
                        .addAll(settings.layers())
                        .addAll(settings.editLayers())
                        .build()
                        .size();
        return read + (expanded + 1) * settings.examples() + settings.editLayers().size() + 1;
    }

    Result run() {
        List<SubjectStates> exampleStates = states(context);
        ImmutableList<KnownSubject> validation = known(validationSamples, false);
        checkArgument(
                !validation.isEmpty(),
                "%s answers none of the %s validation samples of \"%s\" (seed %s), so there is"
                        + " nothing to choose by: take a relation the model knows, another template or"
                        + " another seed",
                model.name(),
                validationSamples.size(),
                relation.name(),
                seed);
        RelationPrompt prompt = exampleStates.get(0).prompt();
        ImmutableMap<Integer, double[]> rows =
                UnembeddingRows.of(model, prompt.tokens(), tokens(prompt, relation.samples()));
        ImmutableMap<Integer, double[]> corners = // of what may be looked at before the choice
                ImmutableMap.copyOf(
                        Maps.filterKeys(
                                rows,
                                tokens(prompt, Iterables.concat(examples, validationSamples))
                                        ::contains));
        FaithfulnessScores scores = new FaithfulnessScores(model, settings, validation);
        EditScores edits =
                new EditScores(model, EditPair.draw(validation, new Random(seed ^ 1)), rows, steps);
        for (int layer : layers) {
            AffineMap expansion = Expansion.at(model, exampleStates, layer, steps);
            if (layer == 0) {
                scores.offer(FaithfulnessMethod.LINEAR_RELATION_OF_EMBEDDING, layer, expansion);
            }
            if (settings.layers().contains(layer)) {
                scores.offer(FaithfulnessMethod.LINEAR_RELATION, layer, expansion);
                scores.offer(new Baselines(exampleStates, layer), corners);
            }
            if (settings.editLayers().contains(layer)) {
                if (edits.canChoose()) {
                    edits.offer(layer, expansion.matrix().svd(), settings.ranks());
                }
                steps.done();
            }
        }
        checkArgument(
                edits.hasLinear() || !edits.canChoose(),
                "W is zero at the layers %s that edits may be made at: what is written there no"
                        + " longer reaches the object; choose earlier layers",
                settings.editLayers());
        return test(validation, scores, edits);
    }

    private Result test(
            ImmutableList<KnownSubject> validation, FaithfulnessScores scores, EditScores edits) {
        ImmutableList<KnownSubject> test = known(testSamples, true);
        for (FaithfulnessMethod method :
                ImmutableList.of(
                        FaithfulnessMethod.LINEAR_RELATION,
                        FaithfulnessMethod.LINEAR_RELATION_OF_EMBEDDING,
                        FaithfulnessMethod.LOGIT_LENS,
                        FaithfulnessMethod.TRANSLATION,
                        FaithfulnessMethod.CORNER,
                        FaithfulnessMethod.LEARNED_AFFINE)) {
            int layer = scores.best(method).layer();
            predictions.addAll(
                    scores.outcomes(
                            trial,
                            method,
                            test,
                            test.stream().map(s -> s.states().at(layer)).toList()));
        }
        Prediction chosen = scores.best(FaithfulnessMethod.LINEAR_RELATION);
        zeroShot(validation, test, scores, chosen.layer());
        ImmutableList<EditOutcome> edited =
                edits.canChoose()
                        ? edits.outcomes(
                                trial,
                                EditPair.draw(test, new Random(seed ^ 2)),
                                new Random(seed ^ 3))
                        : ImmutableList.of();
        steps.done();
        return new Result(
                new RelationTrial(
                        seed,
                        examples,
                        validationSamples.size(),
                        validation.size(),
                        testSamples.size(),
                        test.size(),
                        chosen.layer(),
                        chosen.beta(),
                        edits.canChoose() ? edits.layer() : RelationTrial.NO_LAYER,
                        edits.canChoose() ? edits.rank() : 0),
                predictions.build(),
                edited);
    }

    private void zeroShot(
            ImmutableList<KnownSubject> validation,
            ImmutableList<KnownSubject> test,
            FaithfulnessScores scores,
            int layer) {
        AffineMap expansion = Expansion.at(model, states(zeroShot), layer, steps);
        scores.offer(
                FaithfulnessMethod.LINEAR_RELATION_ZERO_SHOT,
                layer,
                expansion,
                readZeroShot(validation, layer));
        predictions.addAll(
                scores.outcomes(
                        trial,
                        FaithfulnessMethod.LINEAR_RELATION_ZERO_SHOT,
                        test,
                        readZeroShot(test, layer)));
    }

    private List<double[]> readZeroShot(List<KnownSubject> subjects, int layer) {
        List<double[]> read = new ArrayList<>();
        for (KnownSubject subject : subjects) {
            RelationPrompt prompt = zeroShot.ask(model, subject.sample().subject());
            read.add(SubjectStates.read(model, prompt, ImmutableSet.of(layer)).states().at(layer));
        }
        return read;
    }

    private List<SubjectStates> states(RelationContext asked) {
        List<SubjectStates> states = new ArrayList<>();
        for (Relation.Sample example : examples) {
            states.add(
                    SubjectStates.read(model, asked.ask(model, example.subject()), layers)
                            .states());
        }
        return states;
    }

    /** The samples that the model itself answers, and on the test half what it says of all. */
    private ImmutableList<KnownSubject> known(List<Relation.Sample> samples, boolean recorded) {
        ImmutableList.Builder<KnownSubject> known = ImmutableList.builder();
        for (Relation.Sample sample : samples) {
            RelationPrompt prompt = context.ask(model, sample.subject());
            SubjectStates.Answered read = SubjectStates.read(model, prompt, layers);
            AnswerKey key = AnswerKey.of(model, prompt.tokens(), sample);
            AnswerKey.Scored scored = key.score(read.next());
            if (recorded) {
                record(FaithfulnessMethod.LANGUAGE_MODEL, sample, scored);
                RelationPrompt bare = zeroShot.ask(model, sample.subject());
                record(
                        FaithfulnessMethod.LANGUAGE_MODEL_ZERO_SHOT,
                        sample,
                        AnswerKey.of(model, bare.tokens(), sample)
                                .score(model.run(bare.tokens()).execute().next()));
            }
            if (scored.isRight()) {
                known.add(new KnownSubject(sample, read.states(), key));
            }
            steps.done();
        }
        return known.build();
    }

    private void record(
            FaithfulnessMethod method, Relation.Sample sample, AnswerKey.Scored scored) {
        predictions.add(
                FaithfulnessScores.outcome(trial, method, model.layers(), 1, sample, scored));
    }

    /** The tokens that objects begin with. */
    private ImmutableSet<Integer> tokens(RelationPrompt prompt, Iterable<Relation.Sample> samples) {
        ImmutableSet.Builder<Integer> tokens = ImmutableSet.builder();
        for (Relation.Sample sample : samples) {
            tokens.add(AnswerKey.of(model, prompt.tokens(), sample).token());
        }
        return tokens.build();
    }
}
