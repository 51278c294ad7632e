package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Metric;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenizedPrompt;

/** Directions of the residual stream that raise a token's logit. */
final class UnembeddingRows {

    private UnembeddingRows() {}

    /**
     * Reads rows of the unembedding with the final norm's weights, as gradients of logits with
     * respect to what that norm has normalised; exact, as the rest is linear unless a family caps
     * logits, and then of the right direction.
     *
     * @param prompt any prompt; only its length costs
     * @return row [d_model] by token
     */
    static ImmutableMap<Integer, double[]> of(
            HookedModel model, TokenizedPrompt prompt, ImmutableSet<Integer> tokens) {
        HookPoint normalized = HookPoint.of(Site.LN_FINAL_NORMALIZED, 0);
        TokenizedPrompt first = TokenizedPrompt.ofIds(prompt.ids().get(0));
        ImmutableMap.Builder<Integer, double[]> rows = ImmutableMap.builder();
        for (int token : tokens) {
            rows.put(
                    token,
                    model.run(first)
                            .gradients(Metric.logit(token), normalized)
                            .of(normalized)
                            .vectorDoubles(0, 0));
        }
        return rows.buildOrThrow();
    }
}
