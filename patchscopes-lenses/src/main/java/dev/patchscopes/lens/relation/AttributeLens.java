package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.Patchscope;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads one attribute of every representation of a prompt: the linear map of a relation applied at
 * each layer and position, also others than those it was fitted at. Hernandez et al. (2024),
 * section 6: it shows what a model represents even where it says something else.
 *
 * <pre>{@code
 * AttributeReading r = AttributeLens.of(model, lre)
 *     .expecting("Paris")
 *     .read("In the quiz, France was");
 * r.hits(AnswerRule.PREFIX, 1);                     // the cells that say Paris
 * r.at(4, 5).top();
 * }</pre>
 *
 * <p>Each cell is a Patchscope, see {@link #asPatchscope}.
 *
 * <p>One forward pass, and one decoding of all cells. Immutable; each method returns a new lens.
 * Uses the model, which stays the caller's to close.
 */
public final class AttributeLens {
    private static final int TOP = 10;

    private final HookedModel model;
    private final LinearRelation relation;
    private final Layers layers;
    private final int top;
    private final ImmutableSet<String> expected;
    private final Progress progress;

    private AttributeLens(
            HookedModel model,
            LinearRelation relation,
            Layers layers,
            int top,
            ImmutableSet<String> expected,
            Progress progress) {
        this.model = model;
        this.relation = relation;
        this.layers = layers;
        this.top = top;
        this.expected = expected;
        this.progress = progress;
    }

    /**
     * A lens over all layers that keeps the ten most probable tokens of each cell.
     *
     * @param model the model to read, mostly the one the relation was fitted on
     * @param relation the relation
     * @return the lens
     * @throws IllegalArgumentException if the model has another width than the relation
     */
    public static AttributeLens of(HookedModel model, LinearRelation relation) {
        checkArgument(
                model.width() == relation.bias().length,
                "%s has width %s, and the relation \"%s\" maps vectors of %s",
                model.name(),
                model.width(),
                relation.relation(),
                relation.bias().length);
        return new AttributeLens(
                model, relation, Layers.all(), TOP, ImmutableSet.of(), Progress.none());
    }

    /**
     * Chooses the layers; all unless chosen.
     *
     * @param which layers
     * @return the lens
     */
    public AttributeLens layers(Layers which) {
        return new AttributeLens(model, relation, which, top, expected, progress);
    }

    /**
     * Chooses how many tokens are kept of each cell; 10 unless chosen.
     *
     * @param k at least 1
     * @return the lens
     * @throws IllegalArgumentException if it is less
     */
    public AttributeLens top(int k) {
        checkArgument(k >= 1, "the top %s tokens are none", k);
        return new AttributeLens(model, relation, layers, k, expected, progress);
    }

    /**
     * Names the answers to look out for.
     *
     * @param answers for example {@code Paris}
     * @return the lens
     * @throws IllegalArgumentException if one is blank
     */
    public AttributeLens expecting(String... answers) {
        checkArgument(
                Arrays.stream(answers).noneMatch(String::isBlank), "an expected answer is blank");
        return new AttributeLens(
                model, relation, layers, top, ImmutableSet.copyOf(answers), progress);
    }

    /**
     * Sets a listener; a layer is a part, though all are decoded together.
     *
     * @param listener hears of finished layers, and can stop the reading
     * @return the lens
     */
    public AttributeLens progress(Progress listener) {
        return new AttributeLens(model, relation, layers, top, expected, listener);
    }

    /**
     * Reads a prompt.
     *
     * @param prompt text
     * @return what every cell says
     */
    public AttributeReading read(String prompt) {
        return read(model.tokenize(prompt));
    }

    /**
     * Reads a prompt.
     *
     * @param prompt tokens
     * @return what every cell says
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have one of the
     *     layers
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public AttributeReading read(TokenizedPrompt prompt) {
        ImmutableIntArray chosen = layers.resolve(model);
        Steps steps = new Steps(progress, "the attribute lens", chosen.length());
        return steps.during(
                () -> {
                    Activations run =
                            model.run(prompt)
                                    .capture(
                                            chosen.asList().stream()
                                                    .map(HookPoint::residual)
                                                    .toList())
                                    .logits()
                                    .execute();
                    AnswerKey key = AnswerKey.of(model, prompt, expected);
                    ImmutableList.Builder<AttributeCell> cells = ImmutableList.builder();
                    List<List<double[]>> z = new ArrayList<>(); // [layer][pos], [d_model] each
                    for (int layer : chosen.asList()) {
                        List<double[]> row = new ArrayList<>();
                        for (int position = 0; position < prompt.length(); position++) {
                            row.add(
                                    relation.apply(
                                            run.get(HookPoint.residual(layer))
                                                    .vectorDoubles(0, position)));
                        }
                        z.add(row);
                        steps.check();
                    }
                    // all at once: a read takes the unembedding through the cache, however few its
                    // rows
                    List<List<Decoding.Decoded>> read =
                            Decoding.read(model, z, none(prompt.length()), top);
                    for (int i = 0; i < chosen.length(); i++) {
                        for (int position = 0; position < prompt.length(); position++) {
                            AnswerKey.Scored scored = key.score(read.get(i).get(position));
                            cells.add(
                                    new AttributeCell(
                                            chosen.get(i),
                                            position,
                                            scored.top(),
                                            scored.prefixPlace(),
                                            scored.firstTokenPlace()));
                        }
                        steps.done();
                    }
                    return new AttributeReading(
                            LibraryVersion.current(),
                            ModelIdentity.of(model),
                            relation.provenance(),
                            relation.beta(),
                            prompt.text(),
                            prompt.tokens().stream()
                                    .map(Token::piece)
                                    .collect(ImmutableList.toImmutableList()),
                            ImmutableList.copyOf(chosen.asList()),
                            expected.asList(),
                            run.topTokens(top),
                            cells.build());
                });
    }

    /**
     * The Patchscope that computes one cell: the state at a layer and position of the prompt,
     * mapped by {@link LinearRelation#asMapping}, into the last layer of the same prompt cut at
     * that position.
     *
     * <pre>{@code
     * Patchscope same = AttributeLens.of(model, lre).asPatchscope(prompt, 4, 5);
     * same.run().next();                            // the distribution of reading.at(4, 5)
     * }</pre>
     *
     * @param prompt tokens
     * @param layer 0..L
     * @param position 0..n-1
     * @return the Patchscope, of one new token
     * @throws dev.patchscopes.model.OutOfRangeException if the model has no such layer or the
     *     prompt no such position
     */
    public Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position) {
        return LogitLens.of(model)
                .asPatchscope(prompt, layer, position)
                .withMapping(relation.asMapping());
    }

    private static ImmutableIntArray none(int rows) {
        int[] none = new int[rows];
        Arrays.fill(none, -1);
        return ImmutableIntArray.copyOf(none);
    }

    /** {@return relation and layers} */
    @Override
    public String toString() {
        return "AttributeLens[%s, %s]".formatted(relation, layers);
    }
}
