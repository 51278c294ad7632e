package dev.patchscopes.trace.hops;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.Execution;
import java.util.Locale;

/**
 * All that determines a multi-hop run besides its questions: with the same model, repeating it
 * gives the same answers.
 *
 * @param library version of the library
 * @param model which model
 * @param form between which prompts and positions vectors are carried
 * @param sourceLayers each l
 * @param targetLayers each l*
 * @param newTokens tokens generated greedily in each cell, at most
 * @param directTokens tokens generated after each question asked without a patch, at most
 * @param countsAll whether questions count whose hops the model does not know
 * @param onlyFailing whether only questions count that the model fails directly
 * @param seed of the random vectors, the halves and the bootstrap
 * @param execution how cells were computed
 */
public record MultiHopProvenance(
        LibraryVersion library,
        ModelIdentity model,
        HopForm form,
        ImmutableIntArray sourceLayers,
        ImmutableIntArray targetLayers,
        int newTokens,
        int directTokens,
        boolean countsAll,
        boolean onlyFailing,
        long seed,
        Execution execution) {

    /** Cells of the grid. */
    int cells() {
        return sourceLayers.length() * targetLayers.length();
    }

    /** Whether a question counts under a scoring. */
    boolean counts(HopReading reading, Scoring scoring) {
        return (countsAll || reading.knowsHops(scoring))
                && !(onlyFailing && reading.isAnswer(reading.direct(), scoring));
    }

    /** {@return form, layers and model in a line} */
    @Override
    public String toString() {
        return "%s, l %s x l* %s in %s"
                .formatted(
                        form.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        sourceLayers,
                        targetLayers,
                        model.name());
    }
}
