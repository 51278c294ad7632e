package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.Execution;
import dev.patchscopes.trace.LayerPair;

/**
 * All that determines descriptions besides the names: with the same models, repeating it gives the
 * same.
 *
 * @param library version of the library
 * @param source model the vectors are read from
 * @param target model that puts them into words
 * @param template source prompt, with {@code {}} in place of the name
 * @param prompt target prompt T
 * @param tokens tokens of the target prompt, as readable pieces
 * @param position index i* of the placeholder's token, which is written over
 * @param pairs each l with its l*
 * @param mappings name of the mapping of each pair
 * @param newTokens tokens generated greedily, at most
 * @param stopAt strings that end a text
 * @param hiding whether the placeholder was hidden below l*
 * @param seed of the random vectors and halves
 * @param execution how cells were computed
 */
public record EntityProvenance(
        LibraryVersion library,
        ModelIdentity source,
        ModelIdentity target,
        String template,
        String prompt,
        ImmutableList<String> tokens,
        int position,
        ImmutableList<LayerPair> pairs,
        ImmutableList<String> mappings,
        int newTokens,
        ImmutableList<String> stopAt,
        boolean hiding,
        long seed,
        Execution execution) {

    /** {@return models, prompt and how many pairs of layers in a line} */
    @Override
    public String toString() {
        return "%s -> %s, %d pairs of layers%s"
                .formatted(
                        source.name(),
                        target.name(),
                        pairs.size(),
                        hiding ? ", placeholder hidden" : "");
    }
}
