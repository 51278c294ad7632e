package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.trace.AnswerMetric;
import java.util.ArrayList;
import java.util.List;

/**
 * Attribution patching: estimates the effect of every activation patch to first order, from the
 * gradient of the metric at the run that is patched.
 *
 * <pre>
 *   m(patched) ~ m + sum over d of  dm/da[d] (a_source[d] - a[d])
 * </pre>
 *
 * <p>Nanda (2023), "Attribution patching: activation patching at industrial scale"; Syed et al.
 * (2023), "Attribution patching outperforms automated circuit discovery". Two forward passes and
 * one backward pass a pair give all cells, however many there are (for an answer of n tokens n of
 * each).
 *
 * <p>The values are approximate. They are good where a patch moves the model a little: outputs,
 * queries, keys and values of single heads. They are poor where it moves it far: the residual
 * stream, whose norm the patch replaces whole while the gradient holds the norm's divisor to its
 * slope at one point; the first blocks' MLP, which is as good as the embedding; and attention that
 * is saturated, whose gradient is near zero. {@link AttributionResult#correlation} compares with
 * {@link ActivationPatching}, which measures.
 *
 * <pre>{@code
 * AttributionResult estimate = AttributionPatching.of(model)
 *     .pair("The capital of Japan is", "The capital of France is", " Tokyo", " Paris")
 *     .run(PatchTarget.byHead(PatchedSite.Z));
 * estimate.top(PatchTarget.byHead(PatchedSite.Z), 10);
 * }</pre>
 *
 * <p>Gradients and activations of one pair are on the heap at a time: of L blocks, H heads and T
 * tokens O(L H T²) doubles for patterns, by whatever grain, and O(L T d_model) for other sites.
 *
 * <p>Immutable; each method returns a new one. Uses the model, which stays the caller's to close.
 */
public final class AttributionPatching {
    private final PatchSetup setup;

    private AttributionPatching(PatchSetup setup) {
        this.setup = setup;
    }

    /**
     * Starts with a difference of logits, from the clean runs into the corrupted ones, and no
     * prompts.
     *
     * @param model the model; not in float16, in which gradients are not to be trusted
     * @return an attribution to add prompts to
     */
    public static AttributionPatching of(HookedModel model) {
        return new AttributionPatching(PatchSetup.of(model));
    }

    /**
     * Adds a pair; values are means over all of them.
     *
     * @param clean its answer is measured
     * @param corrupted has another answer, and as many tokens
     * @param answer the clean prompt's answer; a space goes before it unless it has one
     * @param other the answer it is measured against
     * @return the attribution
     * @throws IllegalArgumentException if the prompts differ in length
     */
    public AttributionPatching pair(String clean, String corrupted, String answer, String other) {
        return pair(PromptPair.of(setup.model(), clean, corrupted, answer, other));
    }

    /**
     * Adds a pair; values are means over all of them.
     *
     * @param pair tokens
     * @return the attribution
     */
    public AttributionPatching pair(PromptPair pair) {
        return pairs(List.of(pair));
    }

    /**
     * Adds pairs; values are means over all of them.
     *
     * @param pairs tokens
     * @return the attribution
     */
    public AttributionPatching pairs(List<PromptPair> pairs) {
        return new AttributionPatching(setup.withPairs(pairs));
    }

    /**
     * Counts only the first tokens of answers, of which a difference of logits compares two.
     *
     * @return the attribution
     */
    public AttributionPatching firstTokens() {
        return new AttributionPatching(setup.withFirstTokens());
    }

    /**
     * Chooses what is measured; {@link AnswerMetric#LOGIT_DIFFERENCE} unless chosen.
     *
     * @param what the metric
     * @return the attribution
     */
    public AttributionPatching metric(AnswerMetric what) {
        return new AttributionPatching(setup.withMetric(what));
    }

    /**
     * Chooses which run is patched; {@link PatchDirection#DENOISING} unless chosen.
     *
     * @param which the direction
     * @return the attribution
     */
    public AttributionPatching direction(PatchDirection which) {
        return new AttributionPatching(setup.withDirection(which));
    }

    /**
     * Sets a listener, which hears of finished gradients over all pairs: one for each answer token.
     *
     * @param listener can stop the work
     * @return the attribution
     */
    public AttributionPatching progress(Progress listener) {
        return new AttributionPatching(setup.withProgress(listener));
    }

    /**
     * Chooses the seed of the draws behind {@link PatchedCells#estimate}; 0 unless chosen.
     *
     * @param draws the seed, which the result keeps
     * @return the attribution
     */
    public AttributionPatching seed(long draws) {
        return new AttributionPatching(setup.withSeed(draws));
    }

    /**
     * Estimates.
     *
     * @param targets what is patched
     * @return an approximate metric for each cell
     * @throws IllegalStateException if there are no pairs, or a difference of logits has nothing to
     *     compare the answer with
     * @throws IllegalArgumentException if prompts of a pair or (for targets by position) pairs
     *     differ in length, or a difference of logits is of more than two tokens, or of equal ones
     * @throws dev.patchscopes.model.UnknownSiteException if the model has no such site
     * @throws dev.patchscopes.model.ModelException if the model computes in float16
     * @throws dev.patchscopes.model.ModelClosedException if the model is closed
     * @throws java.util.concurrent.CancellationException if the listener or an interrupt of this
     *     thread stopped it
     */
    public AttributionResult run(PatchTarget... targets) {
        ImmutableList<PromptPair> pairs = setup.pairs();
        ImmutableList<PatchTarget> all = setup.checked(targets, pairs);
        List<PairReading> readings = new ArrayList<>();
        List<List<double[]>> values = new ArrayList<>(); // [target][pair][cell]
        all.forEach(target -> values.add(new ArrayList<>()));
        int gradients = pairs.stream().mapToInt(pair -> pair.answer().length()).sum();
        Steps steps = new Steps(setup.progress(), "Attribution patching", gradients);
        return steps.during(
                () -> {
                    for (PromptPair pair : pairs) {
                        Contributions parts = Contributions.of(setup, pair, all, steps);
                        readings.add(parts.reading());
                        for (int t = 0; t < all.size(); t++) {
                            values.get(t)
                                    .add(
                                            PatchPlace.of(setup.model(), all.get(t), pair.length())
                                                    .stream()
                                                    .mapToDouble(parts::metric)
                                                    .toArray());
                        }
                    }
                    return new AttributionResult(
                            AttributionResult.FIRST_ORDER,
                            setup.provenance(),
                            ImmutableList.copyOf(readings),
                            PatchGrid.all(setup.model(), all, readings, values));
                });
    }

    /** {@return model, pairs and metric in a line} */
    @Override
    public String toString() {
        return "AttributionPatching[%s, %s]".formatted(setup.provenance(), setup.pairs());
    }
}
