package dev.patchscopes.trace.hops;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.Patchscope;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Multi-hop reasoning by a Patchscope (Ghandeharioun et al., "Patchscopes", 2024, section 5): does
 * a model that knows both facts of a two-hop question answer it if the representation of the first
 * hop is carried to where the second hop needs it?
 *
 * <p>The vector of every layer l at the end of the words that name hop 1 is written at every layer
 * l*, unchanged, where {@link HopForm} says; a question is answered if the object of the second
 * fact is in the greedy continuation.
 *
 * <p>Beside it stand what the model says of the question as it is, of the question after {@value
 * #STEP_BY_STEP}, of the target prompt without a patch, and of it under random vectors of the same
 * lengths. Questions count whose two hops the model answers by themselves, as in the paper.
 *
 * <pre>{@code
 * try (HookedModel model = HookedModel.demo()) {
 *     MultiHopReport r = MultiHop.of(model)
 *         .questions(HopQuestions.of(GroundTruth.of(DemoModel.STANDARD)))
 *         .onlyFailing()
 *         .layers(Layers.range(1, 9), Layers.range(1, 9))
 *         .run();
 *     r.oracle();                      // any pair of layers, as the paper scores
 *     r.heldOutCell();                 // a pair chosen on half of the subjects
 *     r.within(LayerOrder.FORWARD);    // the efficient pairs, l < l*
 *     r.overRandom();
 * }
 * }</pre>
 *
 * <p>Layers are those of {@link Layers}, 0..L. The paper counts a question as answered if any of
 * its L times L pairs answers it, which means something only beside the same of random vectors.
 *
 * <p>In the model of the library the paper's gain is not seen. Of the 43 questions that it fails
 * though it answers both hops, the held-out pair of layers (0..9 x 0..9) answers 0.02 less than
 * random vectors with {@link HopForm#TWO_PROMPTS} (95 % interval -0.08 to 0.03, over questions,
 * each its mean of 20 ways to halve the subjects), 0.02 less with {@link HopForm#ONE_PROMPT} (-0.07
 * to 0.03), and 0.06 more with {@link HopForm#BACK_PATCHING} (0.00 to 0.12). Any pair answers 0.42
 * (0.28 to 0.57) with two prompts, and random vectors in any pair 0.44 (0.30 to 0.59). The second
 * hop can be read from a vector, as that of the bridge's own words answers more than 0.8 of these
 * questions ({@link HopQuestion#withAnsweredHop()}): what fails is the first one. Of the questions
 * that the model was not trained on, failed or not, two prompts answer more than 0.4, where the
 * target prompt without a patch answers less than 0.1.
 *
 * <p>An answer ends as soon as both scorings find the object in it, whatever would follow; the
 * tokens that this saves could not change a score. Immutable: each method returns another one.
 */
public final class MultiHop {

    /** What goes before a question to make a model think aloud, as in the paper. */
    public static final String STEP_BY_STEP = "Let's think step by step. ";

    private final HookedModel model;
    private final Settings settings;

    /** Choices; only {@link #with} changes one, and only on a copy nobody else has. */
    private static final class Settings {
        private ImmutableList<HopQuestion> questions = ImmutableList.of();
        private HopForm form = HopForm.TWO_PROMPTS;
        private Layers sourceLayers = Layers.all();
        private Layers targetLayers = Layers.all();
        private int newTokens = 20;
        private int directTokens = 20;
        private boolean countsAll;
        private boolean onlyFailing;
        private long seed;
        private Execution execution = Execution.EXACT;
        private Optional<Long> budget = Optional.empty();
        private Progress progress = Progress.none();

        Settings copy() {
            Settings copy = new Settings();
            copy.questions = questions;
            copy.form = form;
            copy.sourceLayers = sourceLayers;
            copy.targetLayers = targetLayers;
            copy.newTokens = newTokens;
            copy.directTokens = directTokens;
            copy.countsAll = countsAll;
            copy.onlyFailing = onlyFailing;
            copy.seed = seed;
            copy.execution = execution;
            copy.budget = budget;
            copy.progress = progress;
            return copy;
        }
    }

    private MultiHop(HookedModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Starts stating a multi-hop run.
     *
     * @param model read, written to and asked; stays the caller's to close
     * @return a multi-hop run to add choices to
     */
    public static MultiHop of(HookedModel model) {
        return new MultiHop(Objects.requireNonNull(model, "model"), new Settings());
    }

    private MultiHop with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new MultiHop(model, copy);
    }

    /**
     * Chooses the questions; see {@link HopQuestions} for those of a model's ground truth and those
     * that relations give.
     *
     * @param questions at least one
     * @return the multi-hop run
     */
    public MultiHop questions(List<HopQuestion> questions) {
        checkArgument(!questions.isEmpty(), "questions() names no question: give at least one");
        return with(s -> s.questions = ImmutableList.copyOf(questions));
    }

    /**
     * Chooses between which prompts and positions vectors are carried; two prompts unless chosen.
     *
     * @param form which
     * @return the multi-hop run
     */
    public MultiHop form(HopForm form) {
        return with(s -> s.form = Objects.requireNonNull(form, "form"));
    }

    /**
     * Chooses the layers of the grid; all of them unless chosen.
     *
     * @param sourceLayers l
     * @param targetLayers l*
     * @return the multi-hop run
     */
    public MultiHop layers(Layers sourceLayers, Layers targetLayers) {
        return with(
                s -> {
                    s.sourceLayers = Objects.requireNonNull(sourceLayers, "sourceLayers");
                    s.targetLayers = Objects.requireNonNull(targetLayers, "targetLayers");
                });
    }

    /**
     * Chooses how long answers get at most; 20 tokens unless chosen, as in the paper. Its code
     * generates 10 in patched runs.
     *
     * @param tokens tokens generated in each cell, at least 1
     * @return the multi-hop run
     */
    public MultiHop maxNewTokens(int tokens) {
        checkArgument(tokens >= 1, "maxNewTokens %s: an answer takes at least one", tokens);
        return with(s -> s.newTokens = tokens);
    }

    /**
     * Chooses how long answers without a patch get at most: to each hop, to the question, and to
     * the question after {@value #STEP_BY_STEP}; 20 tokens unless chosen, as in the paper.
     *
     * @param tokens tokens generated, at least 1
     * @return the multi-hop run
     */
    public MultiHop maxDirectTokens(int tokens) {
        checkArgument(tokens >= 1, "maxDirectTokens %s: an answer takes at least one", tokens);
        return with(s -> s.directTokens = tokens);
    }

    /**
     * Counts questions whether or not the model knows their hops. Unless called, under each scoring
     * only those count both of whose hops it answers by themselves, as in the paper.
     *
     * @return the multi-hop run
     */
    public MultiHop countAll() {
        return with(s -> s.countsAll = true);
    }

    /**
     * Counts, under each scoring, only questions that the model fails when asked directly; the
     * share of direct answers is then zero by choice.
     *
     * @return the multi-hop run
     */
    public MultiHop onlyFailing() {
        return with(s -> s.onlyFailing = true);
    }

    /**
     * Chooses the seed of random vectors, of the halves a cell is chosen and scored on, and of the
     * bootstrap; 0 unless chosen.
     *
     * @param seed the seed
     * @return the multi-hop run
     */
    public MultiHop seed(long seed) {
        return with(s -> s.seed = seed);
    }

    /**
     * Chooses how cells are computed; exactly what a run a cell gives, but faster, unless chosen.
     *
     * @param how the execution
     * @return the multi-hop run
     */
    public MultiHop execution(Execution how) {
        return with(s -> s.execution = Objects.requireNonNull(how, "execution"));
    }

    /**
     * Limits the memory that cells in flight may take beyond the model; see {@link
     * dev.patchscopes.model.Sweep#memoryBudget(long)}.
     *
     * @param bytes the limit, at least 1
     * @return the multi-hop run
     */
    public MultiHop memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return with(s -> s.budget = Optional.of(bytes));
    }

    /**
     * Sets a listener. It hears of finished cells, patched and random, once the questions are
     * answered without a patch, and can stop the work at any time.
     *
     * @param listener hears of finished cells
     * @return the multi-hop run
     */
    public MultiHop progress(Progress listener) {
        return with(s -> s.progress = Objects.requireNonNull(listener, "progress"));
    }

    /**
     * Asks both hops and the question without a patch, and computes all cells of the questions that
     * count, patched and random.
     *
     * @return the report
     * @throws PatchscopeException if there are no questions, or none counts
     * @throws dev.patchscopes.text.PositionException if a placeholder is not one token, or no token
     *     comes before hop 1 where {@link HopForm#ONE_PROMPT} writes
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have a layer
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt exceeds the model's context
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped the work
     */
    public MultiHopReport run() {
        if (settings.questions.isEmpty()) {
            throw new PatchscopeException(
                    "the multi-hop run on %s has no questions: add .questions(list), such as HopQuestions.of(truth)"
                            .formatted(model.name()));
        }
        MultiHopProvenance plan =
                new MultiHopProvenance(
                        LibraryVersion.current(),
                        ModelIdentity.of(model),
                        settings.form,
                        settings.sourceLayers.resolve(model),
                        settings.targetLayers.resolve(model),
                        settings.newTokens,
                        settings.directTokens,
                        settings.countsAll,
                        settings.onlyFailing,
                        settings.seed,
                        settings.execution);
        HopSweep sweep = new HopSweep(model, settings.execution, settings.budget);
        return new MultiHopRun(sweep, plan, settings.progress).run(settings.questions);
    }

    /**
     * States one cell of one question as a Patchscope by itself, which gives the same text, or goes
     * on where the text of the cell has its answer.
     *
     * @param question the question
     * @param sourceLayer l
     * @param targetLayer l*
     * @return the patchscope
     * @throws dev.patchscopes.text.PositionException as {@link #run} has it
     * @throws dev.patchscopes.model.OutOfRangeException if the model does not have a layer
     */
    public Patchscope asPatchscope(HopQuestion question, int sourceLayer, int targetLayer) {
        return asPatchscope(HopTokens.of(model, settings.form, question), sourceLayer, targetLayer);
    }

    Patchscope asPatchscope(HopTokens tokens, int sourceLayer, int targetLayer) {
        return Patchscope.on(model)
                .sourcePrompt(tokens.source())
                .sourcePosition(Positions.at(tokens.read()))
                .sourceLayer(sourceLayer)
                .targetPrompt(tokens.target())
                .targetPosition(Positions.at(tokens.written()))
                .targetLayer(targetLayer)
                .maxNewTokens(settings.newTokens)
                .build();
    }

    /** {@return model, number of questions and what was chosen} */
    @Override
    public String toString() {
        return "MultiHop[%s, %d questions, %s, %s x %s, %d new tokens, seed %d]"
                .formatted(
                        model.name(),
                        settings.questions.size(),
                        settings.form,
                        settings.sourceLayers,
                        settings.targetLayers,
                        settings.newTokens,
                        settings.seed);
    }
}
