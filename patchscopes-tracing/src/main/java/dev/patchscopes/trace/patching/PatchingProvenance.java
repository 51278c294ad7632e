package dev.patchscopes.trace.patching;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.Execution;
import dev.patchscopes.trace.AnswerMetric;
import java.util.Locale;

/**
 * All that determines a map of patched cells besides its prompts.
 *
 * @param library version of the library
 * @param model which model
 * @param blocks number of its blocks
 * @param direction which run is patched
 * @param metric what is measured of the answer
 * @param firstTokens whether answers were cut to their first tokens; {@link PairReading} has what
 *     was left
 * @param execution how patched runs were computed; estimates have none, and state {@link
 *     Execution#EXACT}
 * @param seed of the draws behind intervals
 */
public record PatchingProvenance(
        LibraryVersion library,
        ModelIdentity model,
        int blocks,
        PatchDirection direction,
        AnswerMetric metric,
        boolean firstTokens,
        Execution execution,
        long seed) {

    /** {@return direction, metric and model in a line} */
    @Override
    public String toString() {
        return "%s, %s in %s"
                .formatted(direction.name().toLowerCase(Locale.ROOT), metric.label(), model.name());
    }
}
