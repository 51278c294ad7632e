package dev.patchscopes.lens.feature;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.TargetPrompt;

/**
 * All that determines a feature extraction besides its samples: with the same model, repeating it
 * gives the same answers.
 *
 * @param library version of the library
 * @param model which model
 * @param relation name of the relation
 * @param target target prompt T, with its placeholder
 * @param sourceLayers each l
 * @param targetLayers each l*
 * @param newTokens tokens generated greedily in each cell, at most
 * @param directTokens tokens generated after the direct question, at most
 * @param countsAll whether samples count whatever the model answers to the direct question
 * @param seed of the random vectors, the halves and the bootstrap
 */
public record FeatureProvenance(
        LibraryVersion library,
        ModelIdentity model,
        String relation,
        TargetPrompt target,
        ImmutableIntArray sourceLayers,
        ImmutableIntArray targetLayers,
        int newTokens,
        int directTokens,
        boolean countsAll,
        long seed) {

    /** {@return relation, prompt and model in a line} */
    @Override
    public String toString() {
        return "%s, %s in %s".formatted(relation, target, model.name());
    }
}
