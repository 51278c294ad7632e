package dev.patchscopes.trace.patching;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
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
 */
public record PatchingProvenance(
        LibraryVersion library,
        ModelIdentity model,
        int blocks,
        PatchDirection direction,
        AnswerMetric metric) {

    /** {@return direction, metric and model in a line} */
    @Override
    public String toString() {
        return "%s, %s in %s"
                .formatted(
                        direction.name().toLowerCase(Locale.ROOT),
                        metric.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        model.name());
    }
}
