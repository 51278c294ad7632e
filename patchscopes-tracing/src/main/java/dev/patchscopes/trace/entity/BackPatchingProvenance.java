package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.Execution;
import dev.patchscopes.trace.LayerPair;

/**
 * All that determines a back-patching besides its questions: with the same model, repeating it
 * gives the same answers.
 *
 * @param library version of the library
 * @param model which model
 * @param position how the patched token was described
 * @param pairs each l with an l* below it
 * @param newTokens tokens generated greedily, at most
 * @param seed of the random vectors, the halves and the bootstrap
 * @param execution how cells were computed
 */
public record BackPatchingProvenance(
        LibraryVersion library,
        ModelIdentity model,
        String position,
        ImmutableList<LayerPair> pairs,
        int newTokens,
        long seed,
        Execution execution) {

    /** {@return model, position and number of pairs in a line} */
    @Override
    public String toString() {
        return "back-patching %s at %s, %d pairs of layers"
                .formatted(model.name(), position, pairs.size());
    }
}
