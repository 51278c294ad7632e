package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Optional;

/**
 * What was read of one cell of a sweep.
 *
 * @param top most probable next tokens
 * @param probabilities probabilities of the tokens the {@link Reading} asked for, in its order
 * @param distribution the whole distribution, if asked for
 * @param generation what was generated after it, if asked for
 */
public record CellResult(
        ImmutableList<TokenProbability> top,
        ImmutableDoubleArray probabilities,
        Optional<TokenDistribution> distribution,
        Optional<Generation> generation) {

    /** {@return the most probable token, and what was generated} */
    @Override
    public String toString() {
        return generation.map(g -> "%s: %s".formatted(top, g)).orElseGet(top::toString);
    }
}
