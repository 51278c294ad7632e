package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.collect.ImmutableList.toImmutableList;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * Trains linear probes on the states of several layers, and says how much of what they find is luck
 * or memory.
 *
 * <p>One pass of the model over each text gives the states of all layers. At each layer, features
 * are standardised by the training examples, and a multinomial logistic regression is fitted by
 * L-BFGS in float64: it minimises 1/2 |W|^2 + C times the sum of log losses, intercepts free, as
 * scikit-learn does. (Of two classes scikit-learn keeps one weight vector, so its C is twice the C
 * here.) C is the value with the least log loss on the validation examples. The probe is the one
 * trained on the training examples alone.
 *
 * <p>The examples are split by group into 60% for training, 20% for validation and 20% for the
 * test. Beside each test accuracy stand those of
 *
 * <ul>
 *   <li>always naming the most frequent label;
 *   <li>a probe trained on the training labels in random order;
 *   <li>a probe of the control task (Hewitt and Liang 2019), in which each key has a random label.
 *       The key of an example is the token it is read at unless it has another, and if all are read
 *       at the same token, the group. Where test and training share no keys, which {@link
 *       ProbeProvenance#keysSeen()} tells, no memory can help, and the control task shows chance
 *       only.
 * </ul>
 *
 * <p>Intervals are Wilson's, with each test group as one trial.
 *
 * <pre>{@code
 * ProbeReport report = ProbeTraining.of(model)
 *     .examples(examples)          // text, position, label, group
 *     .layers(Layers.all())
 *     .seed(42)
 *     .run();
 * report.at(6).accuracy();         // 0.83 [0.71, 0.90] of 60
 * report.best().probe().predict(state).top();
 * }</pre>
 *
 * <p>States of all layers are held in memory: 4 bytes times layers, examples and d_model.
 * Immutable; each method returns a new training. Does not own the model.
 */
public final class ProbeTraining {

    private final HookedModel model;
    private final Settings settings;

    /** Choices; changed in a copy only. */
    private static final class Settings {
        ImmutableList<ProbeExample> examples = ImmutableList.of();
        Layers layers = Layers.all();
        ImmutableDoubleArray cs = ImmutableDoubleArray.of(0.001, 0.01, 0.1, 1, 10, 100);
        double validation = 0.2;
        double test = 0.2;
        int labelsInAtLeast = 0;
        int maxIterations = 1000;
        double tolerance = 1e-4;
        int batch = 16;
        long seed;
        Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.examples = examples;
            copy.layers = layers;
            copy.cs = cs;
            copy.validation = validation;
            copy.test = test;
            copy.labelsInAtLeast = labelsInAtLeast;
            copy.maxIterations = maxIterations;
            copy.tolerance = tolerance;
            copy.batch = batch;
            copy.seed = seed;
            copy.progress = progress;
            return copy;
        }
    }

    private ProbeTraining(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Starts describing a training.
     *
     * @param model whose states are read
     * @return a training to add examples to
     */
    public static ProbeTraining of(HookedModel model) {
        return new ProbeTraining(model, new Settings());
    }

    private ProbeTraining with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new ProbeTraining(model, copy);
    }

    /**
     * Sets the examples.
     *
     * @param all in any order, which results depend on through the seed
     * @return the training
     */
    public ProbeTraining examples(List<ProbeExample> all) {
        return with(s -> s.examples = ImmutableList.copyOf(all));
    }

    /**
     * Chooses the layers; all unless chosen.
     *
     * @param choice of the layers 0..L
     * @return the training
     */
    public ProbeTraining layers(Layers choice) {
        return with(s -> s.layers = choice);
    }

    /**
     * Sets what the split, the shuffled labels and the control task are drawn from; 0 unless set.
     *
     * @param value any number
     * @return the training
     */
    public ProbeTraining seed(long value) {
        return with(s -> s.seed = value);
    }

    /**
     * Sets how much is kept from training; 0.2 and 0.2 unless set.
     *
     * @param validationShare share of the groups that choose C and the best layer
     * @param testShare share of the groups that accuracies are measured on
     * @return the training
     * @throws IllegalArgumentException if a share is not above 0, or nothing is left to train on
     */
    public ProbeTraining split(double validationShare, double testShare) {
        checkArgument(
                validationShare > 0 && testShare > 0 && validationShare + testShare < 1,
                "shares of %s for validation and %s for the test leave nothing to train on, or are none; both are above 0, and add up to less than 1",
                validationShare,
                testShare);
        return with(
                s -> {
                    s.validation = validationShare;
                    s.test = testShare;
                });
    }

    /**
     * Leaves out examples whose label occurs in few groups; none unless set, and then a label in
     * fewer than 3 groups is an error.
     *
     * @param groups how many a label needs, at least 3
     * @return the training
     * @throws IllegalArgumentException if fewer are asked for
     */
    public ProbeTraining labelsInAtLeast(int groups) {
        checkArgument(
                groups >= ExampleSet.LEAST_GROUPS,
                "a label needs at least %s groups, for training, validation and test; %s was given",
                ExampleSet.LEAST_GROUPS,
                groups);
        return with(s -> s.labelsInAtLeast = groups);
    }

    /**
     * Sets the values of C to choose from, inverse strengths of the penalty; 0.001, 0.01, 0.1, 1,
     * 10 and 100 unless set.
     *
     * @param values positive numbers in any order
     * @return the training
     * @throws IllegalArgumentException if there is none, or one is not positive
     */
    public ProbeTraining regularization(double... values) {
        checkArgument(
                values.length > 0 && Arrays.stream(values).allMatch(c -> c > 0 && c < 1e300),
                "values of C are positive numbers, at least one; these are %s",
                Arrays.toString(values));
        return with(
                s -> s.cs = ImmutableDoubleArray.copyOf(Arrays.stream(values).sorted().distinct()));
    }

    /**
     * Sets when the solver stops: 1,000 iterations and a tolerance of 1e-4 unless set.
     *
     * @param iterations at most
     * @param gradient largest component of the gradient of the mean loss at which it has converged
     * @return the training
     * @throws IllegalArgumentException if one is not positive
     */
    public ProbeTraining solver(int iterations, double gradient) {
        checkArgument(iterations > 0, "%s iterations; the solver takes at least 1", iterations);
        checkArgument(
                gradient > 0 && gradient < 1,
                "a tolerance of %s for the gradient; it is above 0 and below 1",
                gradient);
        return with(
                s -> {
                    s.maxIterations = iterations;
                    s.tolerance = gradient;
                });
    }

    /**
     * Sets how many texts the model reads at once; 16 unless set.
     *
     * @param texts at least 1
     * @return the training
     * @throws IllegalArgumentException if there are fewer
     */
    public ProbeTraining batch(int texts) {
        checkArgument(texts > 0, "a batch of %s texts; it has at least 1", texts);
        return with(s -> s.batch = texts);
    }

    /**
     * Hears of progress; parts are batches of texts, then layers.
     *
     * @param listener told from the calling thread; may cancel
     * @return the training
     */
    public ProbeTraining progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Reads the states and trains the probes.
     *
     * @return a probe a layer with its scores
     * @throws IllegalArgumentException if there are fewer than two labels, groups are too few, a
     *     position is not one token, or the control task has one key only
     * @throws dev.patchscopes.text.PositionException if a position does not fit its text
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have one of the
     *     layers
     * @throws dev.patchscopes.model.PromptTooLongException if a text exceeds the model's context
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public ProbeReport run() {
        ImmutableList<ProbeExample> used =
                ExampleSet.used(settings.examples, settings.labelsInAtLeast);
        ImmutableList<String> classes =
                used.stream()
                        .map(ProbeExample::label)
                        .distinct()
                        .sorted()
                        .collect(toImmutableList());
        int[] labels = used.stream().mapToInt(e -> classes.indexOf(e.label())).toArray();
        List<String> groups = used.stream().map(ProbeExample::group).toList();
        ProbeSplit split = split(classes, labels, groups);
        ImmutableIntArray at = settings.layers.resolve(model);
        ExampleStates reader = new ExampleStates(model, used);
        ControlTask control =
                ControlTask.of(
                        ExampleSet.keys(used, reader.tokens()), labels, split, settings.seed + 1);
        Steps steps =
                new Steps(
                        settings.progress,
                        "the training of probes",
                        reader.batches(settings.batch) + at.length());
        return steps.during(
                () -> {
                    float[][][] states =
                            reader.read(at, settings.batch, steps); // [layer][example][d_model]

                    ProbeProvenance provenance =
                            new ProbeProvenance(
                                    LibraryVersion.current(),
                                    ModelIdentity.of(model),
                                    ExampleSet.digest(used),
                                    classes,
                                    ProbeSplit.part(split.train(), groups),
                                    ProbeSplit.part(split.validation(), groups),
                                    ProbeSplit.part(split.test(), groups),
                                    settings.examples.size() - used.size(),
                                    control.keys(),
                                    control.keysSeen(),
                                    settings.validation,
                                    settings.test,
                                    settings.cs,
                                    settings.maxIterations,
                                    settings.tolerance,
                                    settings.seed);
                    LayerTrainer trainer =
                            new LayerTrainer(
                                    provenance.model(),
                                    classes,
                                    labels,
                                    control,
                                    split,
                                    provenance.test().groups(),
                                    settings.cs,
                                    new LogisticRegression.Stopping(
                                            settings.maxIterations, settings.tolerance),
                                    settings.seed + 2);
                    List<LayerProbe> trained = new ArrayList<>();
                    for (int i = 0; i < at.length(); i++) {
                        trained.add(trainer.train(at.get(i), states[i]));
                        steps.done();
                    }
                    return new ProbeReport(
                            new ProbeScores(
                                    provenance,
                                    trainer.majority(),
                                    trained.stream()
                                            .map(LayerProbe::score)
                                            .collect(toImmutableList())),
                            trained.stream().map(LayerProbe::probe).collect(toImmutableList()));
                });
    }

    private ProbeSplit split(ImmutableList<String> classes, int[] labels, List<String> groups) {
        ProbeSplit split =
                ProbeSplit.of(groups, labels, settings.validation, settings.test, settings.seed);
        Collection<Integer> missing = split.missingFromTraining(labels);
        checkArgument(
                missing.isEmpty(),
                "no training example has the label %s: choose smaller shares by split(...), another seed, or leave rare labels out by labelsInAtLeast(...)",
                ExampleSet.some(missing.stream().map(k -> "\"" + classes.get(k) + "\"").toList()));
        return split;
    }

    /** {@return model, layers and examples in a line} */
    @Override
    public String toString() {
        return "ProbeTraining[%s, %s, %d examples, seed %d]"
                .formatted(model.name(), settings.layers, settings.examples.size(), settings.seed);
    }
}
