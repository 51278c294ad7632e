package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.TokenProbability;
import java.util.List;

/**
 * A line of the table that a cell shows when it is pointed at.
 *
 * @param text the token, as it is
 * @param value its probability
 */
public record RankedItem(String text, double value) {

    /**
     * Takes the most probable tokens of a reading.
     *
     * @param top tokens, most probable first
     * @return as many items
     */
    public static ImmutableList<RankedItem> of(List<TokenProbability> top) {
        return top.stream()
                .map(token -> new RankedItem(token.piece(), token.probability()))
                .collect(ImmutableList.toImmutableList());
    }
}
