package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Describes a {@link LinearRelation} to fit. Immutable; each method returns a new builder.
 *
 * <p>Needed are relation and layer. Unless said otherwise five examples are drawn with seed 0 and
 * asked about with each other as context, in the relation's first template, and beta is 2.25, which
 * {@link RelationEvaluation} replaces by what serves best.
 */
public final class LinearRelationBuilder {

    /** What the paper's configurations of GPT-J and GPT-2 XL have. */
    static final double BETA = 2.25;

    static final int EXAMPLES = 5;

    private final HookedModel model;
    private final Settings settings;

    /** Choices; changed in a copy only. */
    private static final class Settings {
        Optional<Relation> relation = Optional.empty();
        Optional<String> template = Optional.empty();
        Optional<ImmutableList<Relation.Sample>> examples = Optional.empty();
        int drawn = EXAMPLES;
        long seed;
        OptionalInt layer = OptionalInt.empty();
        double beta = BETA;
        boolean inContext = true;
        String prefix = "";
        Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.relation = relation;
            copy.template = template;
            copy.examples = examples;
            copy.drawn = drawn;
            copy.seed = seed;
            copy.layer = layer;
            copy.beta = beta;
            copy.inContext = inContext;
            copy.prefix = prefix;
            copy.progress = progress;
            return copy;
        }
    }

    LinearRelationBuilder(HookedModel model) {
        this(model, new Settings());
    }

    private LinearRelationBuilder(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    private LinearRelationBuilder with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new LinearRelationBuilder(model, copy);
    }

    /**
     * Sets the relation.
     *
     * @param data templates and samples
     * @return the builder
     */
    public LinearRelationBuilder relation(Relation data) {
        return with(s -> s.relation = Optional.of(data));
    }

    /**
     * Chooses the template; the first of the relation unless chosen, of its zero-shot templates (if
     * it has any) for {@link #zeroShot()}.
     *
     * @param text a text that the object continues, with {@code {}} where the subject goes
     * @return the builder
     */
    public LinearRelationBuilder template(String text) {
        return with(s -> s.template = Optional.of(text));
    }

    /**
     * Draws a number of examples; 5 unless set.
     *
     * @param count n, at least 1
     * @return the builder
     */
    public LinearRelationBuilder examples(int count) {
        checkArgument(count >= 1, "%s examples: at least one is needed", count);
        return with(
                s -> {
                    s.drawn = count;
                    s.examples = Optional.empty();
                });
    }

    /**
     * Gives the examples, in the order they stand in as context.
     *
     * @param pairs at least one, each subject once
     * @return the builder
     */
    public LinearRelationBuilder examples(List<Relation.Sample> pairs) {
        checkArgument(!pairs.isEmpty(), "no examples: at least one is needed");
        return with(s -> s.examples = Optional.of(ImmutableList.copyOf(pairs)));
    }

    /**
     * Sets the seed that examples are drawn with; 0 unless set.
     *
     * @param number the seed
     * @return the builder
     */
    public LinearRelationBuilder seed(long number) {
        return with(s -> s.seed = number);
    }

    /**
     * Sets the layer that subjects are read at.
     *
     * @param k 0..L; from L on nothing moves from the subject to a later token, so W is zero there
     * @return the builder
     */
    public LinearRelationBuilder layer(int k) {
        if (k < 0 || k > model.layers()) {
            throw new OutOfRangeException(
                    "layer %d is not in 0..%d (%s has %d blocks)"
                            .formatted(k, model.layers(), model.name(), model.layers()));
        }
        return with(s -> s.layer = OptionalInt.of(k));
    }

    /**
     * Sets the factor before W; 2.25 unless set.
     *
     * @param factor finite
     * @return the builder
     */
    public LinearRelationBuilder beta(double factor) {
        checkArgument(Double.isFinite(factor), "beta %s is not finite", factor);
        return with(s -> s.beta = factor);
    }

    /**
     * Asks about each subject alone, at fit and at use.
     *
     * @return the builder
     */
    public LinearRelationBuilder zeroShot() {
        return with(s -> s.inContext = false);
    }

    /**
     * Puts a text before every prompt; none unless set.
     *
     * @param text for example {@code <|endoftext|>}, where the tokenizer puts nothing there itself
     * @return the builder
     */
    public LinearRelationBuilder prefix(String text) {
        return with(s -> s.prefix = text);
    }

    /**
     * Sets a listener; an example is a part.
     *
     * @param listener hears of finished examples, and can stop the fit
     * @return the builder
     */
    public LinearRelationBuilder progress(Progress listener) {
        return with(s -> s.progress = listener);
    }

    /**
     * Expands the model at each example: a forward pass and a Jacobian each.
     *
     * @return the relation
     * @throws IllegalStateException if relation or layer is missing
     * @throws IllegalArgumentException if the relation has fewer subjects than examples are to be
     *     drawn, or no template
     * @throws dev.patchscopes.model.ModelException if the model computes in float16
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public LinearRelation fit() {
        checkState(
                settings.relation.isPresent() && settings.layer.isPresent(),
                "a linear relation needs a relation and a layer: add .relation(relation).layer(k)"
                        + " before fit()");
        Relation data = settings.relation.orElseThrow().mergedBySubject();
        ImmutableList<Relation.Sample> pairs =
                settings.examples.orElseGet(
                        () -> Shuffled.of(data, settings.seed).first(settings.drawn));
        RelationContext context =
                new RelationContext(
                        settings.template.orElseGet(() -> firstTemplate(data, settings.inContext)),
                        settings.prefix,
                        settings.inContext ? pairs : ImmutableList.of());
        int at = settings.layer.getAsInt();
        Steps steps =
                new Steps(
                        settings.progress,
                        "the fit of \"%s\"".formatted(data.name()),
                        pairs.size());
        return steps.during(
                () -> {
                    AffineMap expansion =
                            Expansion.at(
                                    model,
                                    pairs.stream()
                                            .map(pair -> context.ask(model, pair.subject()))
                                            .map(
                                                    prompt ->
                                                            SubjectStates.read(
                                                                            model,
                                                                            prompt,
                                                                            ImmutableSet.of(at))
                                                                    .states())
                                            .toList(),
                                    at,
                                    steps);
                    return new LinearRelation(
                            model,
                            new LinearRelationProvenance(
                                    LibraryVersion.current(),
                                    ModelIdentity.of(model),
                                    data.name(),
                                    at,
                                    pairs,
                                    context),
                            settings.beta,
                            new Weight.Whole(expansion.matrix()),
                            expansion.bias());
                });
    }

    static String firstTemplate(Relation data, boolean inContext) {
        ImmutableList<String> own =
                inContext || data.zeroShotTemplates().isEmpty()
                        ? data.promptTemplates()
                        : data.zeroShotTemplates();
        checkArgument(
                !own.isEmpty(),
                "the relation \"%s\" has no template: choose one with .template(text)",
                data.name());
        return own.get(0);
    }

    /** {@return what was chosen so far} */
    @Override
    public String toString() {
        return "LinearRelationBuilder[%s, %s, layer %s, beta %s]"
                .formatted(
                        model.name(),
                        settings.relation.map(Relation::name).orElse("?"),
                        settings.layer.isPresent() ? settings.layer.getAsInt() : "?",
                        settings.beta);
    }
}
