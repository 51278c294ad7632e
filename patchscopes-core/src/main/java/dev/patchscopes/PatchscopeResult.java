package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;

/**
 * What a patchscope found: the target model's answer with the patch, and without it.
 *
 * <p>Java values only; needs no closing.
 *
 * @param provenance all that determined it
 * @param vector h, the representation read [d_model of the source model]
 * @param patch f(h), the vector written [d_model of the target model]
 * @param patched the answer with the patch
 * @param unpatched the answer of the same model to the same prompt without it
 * @param relevance how much each token of the patched answer owes to the patch, in order
 */
public record PatchscopeResult(
        Provenance provenance,
        ImmutableDoubleArray vector,
        ImmutableDoubleArray patch,
        Answer patched,
        Answer unpatched,
        ImmutableList<TokenRelevance> relevance)
        implements Viewable {

    /** {@return the text generated with the patch} */
    public String text() {
        return patched.text();
    }

    /** {@return distribution of the token after the target prompt, with the patch} */
    public TokenDistribution next() {
        return patched.next();
    }

    /**
     * Lists the most probable tokens after the target prompt, with the patch.
     *
     * @param k how many
     * @return most probable first
     */
    public ImmutableList<TokenProbability> topTokens(int k) {
        return next().top(k);
    }

    /** {@return the part that is worth keeping, without whole distributions and vectors} */
    public PatchscopeRecord toRecord() {
        return PatchscopeRecord.of(this);
    }

    /** {@return how much each generated token owes to the patch} */
    public BarChart chart() {
        return PatchscopeFigures.chart(toRecord());
    }

    /** {@return both answers side by side, and how much each generated token owes to the patch} */
    @Override
    public Page page() {
        return PatchscopeFigures.page(toRecord());
    }

    /** {@return {@link #toRecord()} as JSON, for {@link PatchscopeRecord#fromJson(String)}} */
    public String toJson() {
        return toRecord().toJson();
    }

    /** {@return provenance and both answers, a line each} */
    @Override
    public String toString() {
        return "%s%n  patched:   %s%n  unpatched: %s".formatted(provenance, patched, unpatched);
    }
}
