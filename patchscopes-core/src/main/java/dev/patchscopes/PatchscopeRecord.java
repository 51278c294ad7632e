package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;

/**
 * What is kept of a {@link PatchscopeResult}: everything but whole distributions, of which the
 * {@value #TOP} most probable tokens stay, and vectors, of which the lengths stay (the provenance
 * says how to get them again). Writes and reads JSON without loss.
 *
 * <pre>{@code
 * Files.writeString(file, result.toJson());
 * PatchscopeRecord kept = PatchscopeRecord.fromJson(Files.readString(file));
 * }</pre>
 *
 * @param provenance all that determined the result
 * @param vectorNorm Euclidean length of h
 * @param patchNorm Euclidean length of f(h)
 * @param patched the answer with the patch
 * @param unpatched the answer without it
 * @param relevance how much each token of the patched answer owes to the patch, in order
 */
public record PatchscopeRecord(
        Provenance provenance,
        double vectorNorm,
        double patchNorm,
        Reply patched,
        Reply unpatched,
        ImmutableList<TokenRelevance> relevance)
        implements Viewable {

    /** Tokens kept of a distribution. */
    public static final int TOP = 20;

    /**
     * What is kept of an {@link Answer}.
     *
     * @param top most probable next tokens, at most {@value #TOP}
     * @param entropy entropy of the next token, in nats
     * @param text generated text
     * @param tokens generated tokens with the probability the model gave each
     * @param reason why generation ended
     */
    public record Reply(
            ImmutableList<TokenProbability> top,
            double entropy,
            String text,
            ImmutableList<TokenProbability> tokens,
            Generation.StopReason reason) {

        static Reply of(Answer answer) {
            return new Reply(
                    answer.next().top(TOP),
                    answer.next().entropy(),
                    answer.text(),
                    answer.generation().tokens(),
                    answer.generation().reason());
        }
    }

    static PatchscopeRecord of(PatchscopeResult result) {
        return new PatchscopeRecord(
                result.provenance(),
                norm(result.vector()),
                norm(result.patch()),
                Reply.of(result.patched()),
                Reply.of(result.unpatched()),
                result.relevance());
    }

    private static double norm(ImmutableDoubleArray vector) {
        return Math.sqrt(vector.stream().map(v -> v * v).sum());
    }

    /** {@return how much each generated token owes to the patch} */
    public BarChart chart() {
        return PatchscopeFigures.chart(this);
    }

    /** {@return both answers side by side, and how much each generated token owes to the patch} */
    @Override
    public Page page() {
        return PatchscopeFigures.page(this);
    }

    /** {@return the record as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return RecordJson.text(RecordJson.write(this));
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal record
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static PatchscopeRecord fromJson(String json) {
        return RecordJson.patchscope(JsonFields.parse(json));
    }
}
