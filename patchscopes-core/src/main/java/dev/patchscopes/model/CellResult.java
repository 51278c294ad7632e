package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Optional;

/**
 * What was read of one cell of a sweep.
 *
 * @param top most probable next tokens
 * @param probabilities probabilities of the tokens the {@link Reading} asked for, in its order;
 *     empty if it asked for their logits alone
 * @param logits logits of those tokens if it asked for them alone, in its order; else empty
 * @param distribution the whole distribution, if asked for
 * @param residual the last layer's residual [d_model] if the {@link Reading} asked for it alone;
 *     else empty
 * @param generation what was generated after it, if asked for
 */
public record CellResult(
        ImmutableList<TokenProbability> top,
        ImmutableDoubleArray probabilities,
        ImmutableDoubleArray logits,
        Optional<TokenDistribution> distribution,
        ImmutableDoubleArray residual,
        Optional<Generation> generation) {

    /**
     * {@return the most probable token, the logits or the residual's width, and what was generated}
     */
    @Override
    public String toString() {
        return generation.map(g -> "%s: %s".formatted(read(), g)).orElseGet(this::read);
    }

    private String read() {
        if (!top.isEmpty()) {
            return top.toString();
        }
        return residual.isEmpty()
                ? "logits " + logits
                : "residual [%d]".formatted(residual.length());
    }
}
