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

/**
 * Describes a {@link LinearRelation} to fit; for one relation and one thread.
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
    private Optional<Relation> relation = Optional.empty();
    private Optional<String> template = Optional.empty();
    private Optional<ImmutableList<Relation.Sample>> examples = Optional.empty();
    private int drawn = EXAMPLES;
    private long seed;
    private OptionalInt layer = OptionalInt.empty();
    private double beta = BETA;
    private boolean inContext = true;
    private String prefix = "";
    private Progress progress = Progress.none();

    LinearRelationBuilder(HookedModel model) {
        this.model = model;
    }

    /**
     * Sets the relation.
     *
     * @param data templates and samples
     * @return this builder
     */
    public LinearRelationBuilder relation(Relation data) {
        this.relation = Optional.of(data);
        return this;
    }

    /**
     * Chooses the template; the first of the relation unless chosen, of its zero-shot templates (if
     * it has any) for {@link #zeroShot()}.
     *
     * @param text a text that the object continues, with {@code {}} where the subject goes
     * @return this builder
     */
    public LinearRelationBuilder template(String text) {
        this.template = Optional.of(text);
        return this;
    }

    /**
     * Draws a number of examples; 5 unless set.
     *
     * @param count n, at least 1
     * @return this builder
     */
    public LinearRelationBuilder examples(int count) {
        checkArgument(count >= 1, "%s examples: at least one is needed", count);
        this.drawn = count;
        this.examples = Optional.empty();
        return this;
    }

    /**
     * Gives the examples, in the order they stand in as context.
     *
     * @param pairs at least one, each subject once
     * @return this builder
     */
    public LinearRelationBuilder examples(List<Relation.Sample> pairs) {
        checkArgument(!pairs.isEmpty(), "no examples: at least one is needed");
        this.examples = Optional.of(ImmutableList.copyOf(pairs));
        return this;
    }

    /**
     * Sets the seed that examples are drawn with; 0 unless set.
     *
     * @param number the seed
     * @return this builder
     */
    public LinearRelationBuilder seed(long number) {
        this.seed = number;
        return this;
    }

    /**
     * Sets the layer that subjects are read at.
     *
     * @param k 0..L; from L on nothing moves from the subject to a later token, so W is zero there
     * @return this builder
     */
    public LinearRelationBuilder layer(int k) {
        if (k < 0 || k > model.layers()) {
            throw new OutOfRangeException(
                    "layer %d is not in 0..%d (%s has %d blocks)"
                            .formatted(k, model.layers(), model.name(), model.layers()));
        }
        this.layer = OptionalInt.of(k);
        return this;
    }

    /**
     * Sets the factor before W; 2.25 unless set.
     *
     * @param factor finite
     * @return this builder
     */
    public LinearRelationBuilder beta(double factor) {
        checkArgument(Double.isFinite(factor), "beta %s is not finite", factor);
        this.beta = factor;
        return this;
    }

    /**
     * Asks about each subject alone, at fit and at use.
     *
     * @return this builder
     */
    public LinearRelationBuilder zeroShot() {
        this.inContext = false;
        return this;
    }

    /**
     * Puts a text before every prompt; none unless set.
     *
     * @param text for example {@code <|endoftext|>}, where the tokenizer puts nothing there itself
     * @return this builder
     */
    public LinearRelationBuilder prefix(String text) {
        this.prefix = text;
        return this;
    }

    /**
     * Sets a listener; an example is a part.
     *
     * @param listener hears of finished examples, and can stop the fit
     * @return this builder
     */
    public LinearRelationBuilder progress(Progress listener) {
        this.progress = listener;
        return this;
    }

    /**
     * Expands the model at each example: a forward pass and a Jacobian each.
     *
     * @return the relation
     * @throws IllegalStateException if relation or layer is missing
     * @throws IllegalArgumentException if the relation has fewer subjects than examples are to be
     *     drawn, or no template
     * @throws dev.patchscopes.model.ModelException if the model computes in float16
     * @throws java.util.concurrent.CancellationException if the listener stopped it
     */
    public LinearRelation fit() {
        checkState(
                relation.isPresent() && layer.isPresent(),
                "a linear relation needs a relation and a layer: add .relation(relation).layer(k)"
                        + " before fit()");
        Relation data = relation.orElseThrow().mergedBySubject();
        ImmutableList<Relation.Sample> pairs =
                examples.orElseGet(() -> Shuffled.of(data, seed).first(drawn));
        RelationContext context =
                new RelationContext(
                        template.orElseGet(() -> firstTemplate(data, inContext)),
                        prefix,
                        inContext ? pairs : ImmutableList.of());
        int at = layer.getAsInt();
        Steps steps = new Steps(progress, "the fit of \"%s\"".formatted(data.name()), pairs.size());
        AffineMap expansion =
                Expansion.at(
                        model,
                        pairs.stream()
                                .map(pair -> context.ask(model, pair.subject()))
                                .map(
                                        prompt ->
                                                SubjectStates.read(
                                                                model, prompt, ImmutableSet.of(at))
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
                beta,
                new Weight.Whole(expansion.matrix()),
                expansion.bias());
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
                        relation.map(Relation::name).orElse("?"),
                        layer.isPresent() ? layer.getAsInt() : "?",
                        beta);
    }
}
