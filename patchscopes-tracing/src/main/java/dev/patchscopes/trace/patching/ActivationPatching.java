package dev.patchscopes.trace.patching;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.internal.AnswerCells;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Activation patching: runs a model on one prompt with one activation taken from its run on
 * another, and measures how much of the other prompt's answer comes with it, for every block,
 * position and head.
 *
 * <p>Vig et al. (2020), "Investigating gender bias in language models using causal mediation
 * analysis"; Meng et al. (2022), "Locating and editing factual associations in GPT"; Wang et al.
 * (2022), "Interpretability in the wild"; choices as recommended by Zhang &amp; Nanda (2024),
 * "Towards best practices of activation patching in language models": prompts that differ in a few
 * tokens, and a difference of logits.
 *
 * <pre>{@code
 * PatchingResult result = ActivationPatching.of(model)
 *     .clean("When Mary and John went to the shops, John gave a drink to")
 *     .corrupted("When Mary and John went to the shops, Mary gave a drink to")
 *     .answer(" Mary")
 *     .against(" John")
 *     .run(PatchTarget.byPosition(PatchedSite.RESID_PRE), PatchTarget.byHead(PatchedSite.Z));
 * result.normalised(PatchTarget.byHead(PatchedSite.Z), 9, 6);
 * result.top(PatchTarget.byHead(PatchedSite.Z), 10);
 * }</pre>
 *
 * <p>For each pair one sweep holds both runs and all cells; activations of single heads are read in
 * one run of both prompts before it. Cells before the first token in which the prompts differ are
 * not computed: both runs are one there. A pattern is patched as the {@code z} that it mixes, which
 * is the same in exact arithmetic; {@link Execution#NAIVE} patches the pattern itself.
 *
 * <p>The values to put into single heads stay on the heap while a pair is patched: [position, head,
 * d_head] for both runs of each block, and for patterns [head, position, position] besides. Each
 * cell holds the vectors it replaces: of L blocks, H heads and T tokens, maps by head, by position
 * and head and by destination take O(L H T d_head) doubles together, and one by edge, of L H T²/2
 * cells, O(L H T² d_head). At 12 blocks of 12 heads of 64 and 100 tokens an edge map takes 370 MB;
 * patch by destination first, and by edge in shorter prompts.
 *
 * <p>Immutable; each method returns a new one. Uses the model, which stays the caller's to close.
 */
public final class ActivationPatching {
    private final PatchSetup setup;

    private ActivationPatching(PatchSetup setup) {
        this.setup = setup;
    }

    /**
     * Starts with a difference of logits, from the clean runs into the corrupted ones, and no
     * prompts.
     *
     * @param model the model
     * @return a patching to add prompts to
     */
    public static ActivationPatching of(HookedModel model) {
        return new ActivationPatching(PatchSetup.of(model));
    }

    /**
     * Sets the clean prompt of a pair.
     *
     * @param prompt its answer is measured
     * @return the patching
     */
    public ActivationPatching clean(String prompt) {
        return new ActivationPatching(setup.withDraft(setup.draft().withClean(prompt)));
    }

    /**
     * Sets the corrupted prompt of the same pair.
     *
     * @param prompt has another answer, and as many tokens
     * @return the patching
     */
    public ActivationPatching corrupted(String prompt) {
        return new ActivationPatching(setup.withDraft(setup.draft().withCorrupted(prompt)));
    }

    /**
     * Sets the clean prompt's answer.
     *
     * @param text the answer; a space goes before it unless it has one
     * @return the patching
     */
    public ActivationPatching answer(String text) {
        return answerOf(AnswerCells.tokens(setup.model(), text));
    }

    /**
     * Sets the clean prompt's answer.
     *
     * @param tokens ids, at least one
     * @return the patching
     */
    public ActivationPatching answer(int... tokens) {
        checkArgument(tokens.length > 0, "answer() has no token: give ids, or a text");
        return answerOf(ImmutableIntArray.copyOf(tokens));
    }

    private ActivationPatching answerOf(ImmutableIntArray tokens) {
        return new ActivationPatching(setup.withDraft(setup.draft().withAnswer(tokens)));
    }

    /**
     * Sets the answer it is measured against, which only a difference of logits needs.
     *
     * @param text the corrupted prompt's answer; a space goes before it unless it has one
     * @return the patching
     */
    public ActivationPatching against(String text) {
        return againstOf(AnswerCells.tokens(setup.model(), text));
    }

    /**
     * Sets the token the answer is measured against, which only a difference of logits needs.
     *
     * @param token its id
     * @return the patching
     */
    public ActivationPatching against(int token) {
        return againstOf(ImmutableIntArray.of(token));
    }

    private ActivationPatching againstOf(ImmutableIntArray tokens) {
        return new ActivationPatching(setup.withDraft(setup.draft().withOther(tokens)));
    }

    /**
     * Adds a pair; values are means over all of them.
     *
     * @param clean its answer is measured
     * @param corrupted has another answer, and as many tokens
     * @param answer the clean prompt's answer; a space goes before it unless it has one
     * @param other the answer it is measured against
     * @return the patching
     * @throws IllegalArgumentException if the prompts differ in length
     */
    public ActivationPatching pair(String clean, String corrupted, String answer, String other) {
        return pair(PromptPair.of(setup.model(), clean, corrupted, answer, other));
    }

    /**
     * Adds a pair; values are means over all of them.
     *
     * @param pair tokens
     * @return the patching
     */
    public ActivationPatching pair(PromptPair pair) {
        return pairs(List.of(pair));
    }

    /**
     * Adds pairs; values are means over all of them.
     *
     * @param pairs tokens
     * @return the patching
     */
    public ActivationPatching pairs(List<PromptPair> pairs) {
        return new ActivationPatching(setup.withPairs(pairs));
    }

    /**
     * Counts only the first tokens of answers, of which a difference of logits compares two.
     *
     * @return the patching
     */
    public ActivationPatching firstTokens() {
        return new ActivationPatching(setup.withFirstTokens());
    }

    /**
     * Chooses what is measured; {@link AnswerMetric#LOGIT_DIFFERENCE} unless chosen. The others
     * measure answers of any number of tokens.
     *
     * @param what the metric
     * @return the patching
     */
    public ActivationPatching metric(AnswerMetric what) {
        return new ActivationPatching(setup.withMetric(what));
    }

    /**
     * Chooses which run is patched; {@link PatchDirection#DENOISING} unless chosen.
     *
     * @param which the direction
     * @return the patching
     */
    public ActivationPatching direction(PatchDirection which) {
        return new ActivationPatching(setup.withDirection(which));
    }

    /**
     * Chooses how cells are computed; {@link Execution#EXACT} unless chosen.
     *
     * @param how the execution
     * @return the patching
     */
    public ActivationPatching execution(Execution how) {
        return new ActivationPatching(setup.withExecution(how));
    }

    /**
     * Limits the memory of cells in flight, see {@link dev.patchscopes.model.Sweep#memoryBudget}.
     *
     * @param bytes the limit, at least 1
     * @return the patching
     */
    public ActivationPatching memoryBudget(long bytes) {
        checkArgument(bytes >= 1, "a memory budget of %s bytes is none", bytes);
        return new ActivationPatching(setup.withBudget(bytes));
    }

    /**
     * Sets a listener, which hears of finished cells over all pairs.
     *
     * @param listener can stop the work
     * @return the patching
     */
    public ActivationPatching progress(Progress listener) {
        return new ActivationPatching(setup.withProgress(listener));
    }

    /**
     * Chooses the seed of the draws behind {@link PatchedCells#estimate}; 0 unless chosen.
     *
     * @param draws the seed, which the result keeps
     * @return the patching
     */
    public ActivationPatching seed(long draws) {
        return new ActivationPatching(setup.withSeed(draws));
    }

    /**
     * Patches.
     *
     * @param targets what
     * @return the metric of each cell
     * @throws IllegalStateException if there are no pairs, a piece of one is missing, or a
     *     difference of logits has nothing to compare the answer with
     * @throws IllegalArgumentException if prompts of a pair or (for targets by position) pairs
     *     differ in length, or a difference of logits is of more than two tokens, or of equal ones
     * @throws dev.patchscopes.model.UnknownSiteException if the model has no such site
     * @throws dev.patchscopes.model.PromptTooLongException if a prompt with its answer exceeds the
     *     model's context
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public PatchingResult run(PatchTarget... targets) {
        ImmutableList<PromptPair> pairs = setup.pairs();
        ImmutableList<PatchTarget> all = setup.checked(targets, pairs);
        List<PairReading> readings = new ArrayList<>();
        List<List<double[]>> values = new ArrayList<>(); // [target][pair][cell]
        all.forEach(target -> values.add(new ArrayList<>()));
        long start = System.nanoTime();
        for (int i = 0; i < pairs.size(); i++) {
            PromptPair pair = pairs.get(i);
            List<PatchPlace> places =
                    all.stream()
                            .flatMap(t -> PatchPlace.of(setup.model(), t, pair.length()).stream())
                            .toList();
            Progress share = new Share(setup.progress(), i, pairs.size(), places.size(), start);
            PairSweep.Outcome outcome = new PairSweep(setup, pair).run(all, places, share);
            readings.add(outcome.reading());
            int from = 0;
            for (int t = 0; t < all.size(); t++) {
                int size = size(all.get(t), pair);
                values.get(t)
                        .add(
                                outcome.values().subList(from, from + size).stream()
                                        .mapToDouble(Double::doubleValue)
                                        .toArray());
                from += size;
            }
        }
        return new PatchingResult(
                setup.provenance(),
                ImmutableList.copyOf(readings),
                PatchGrid.all(setup.model(), all, readings, values));
    }

    private int size(PatchTarget target, PromptPair pair) {
        return PatchPlace.shape(setup.model(), target, pair.length()).stream()
                .reduce(1, Math::multiplyExact);
    }

    /** One pair's share of the work, in places: all pairs have equally many. */
    private record Share(Progress whole, long pair, long pairs, long places, long start)
            implements Progress {
        @Override
        public void update(long done, long total, Duration elapsed) {
            whole.update(
                    pair * places + done * places / total,
                    pairs * places,
                    Duration.ofNanos(System.nanoTime() - start));
        }

        @Override
        public boolean isCancelled() {
            return whole.isCancelled();
        }
    }

    /**
     * The Patchscope that a cell of the residual stream is: S the prompt that activations are taken
     * from, T the one they are patched into, i* = i, l* = l and the identity between them (the
     * paper, section 3). Cells of other sites are no Patchscopes, which patch the residual stream
     * alone: with base run 0 of T and base run 1 of S they are
     *
     * <pre>{@code
     * Cell.of(0).patched(Patch.of(1, HookPoint.attnOut(block), Positions.at(position)))
     * Cell.of(0, Intervention.replace(HookPoint.z(block), Positions.at(position), zOfS).heads(head))
     * }</pre>
     *
     * @param layer l and l*, the number of the block that the residual enters
     * @param position i and i*
     * @return the patchscope; it generates nothing and reads the next token
     * @throws IllegalStateException as {@link #run} does
     * @throws IllegalArgumentException if there is more than one pair
     * @throws dev.patchscopes.model.OutOfRangeException if the model has no such layer
     */
    public Patchscope asPatchscope(int layer, int position) {
        ImmutableList<PromptPair> pairs = setup.pairs();
        checkArgument(
                pairs.size() == 1,
                "a Patchscope has one source prompt, and there are %s pairs: ask with one of them",
                pairs.size());
        PromptPair pair = pairs.get(0);
        return Patchscope.on(setup.model())
                .sourcePrompt(setup.source(pair))
                .sourcePosition(Positions.at(position))
                .sourceLayer(layer)
                .targetPrompt(setup.patched(pair))
                .targetPosition(Positions.at(position))
                .targetLayer(layer)
                .maxNewTokens(0)
                .build();
    }

    /** {@return model, pairs and metric in a line} */
    @Override
    public String toString() {
        return "ActivationPatching[%s, %s]".formatted(setup.provenance(), setup.pairs());
    }
}
