package dev.patchscopes.trace.entity;

import java.util.Locale;

/**
 * What one pair of layers makes the model say of an entity.
 *
 * @param sourceLayer l
 * @param targetLayer l*
 * @param said the words
 */
public record Description(int sourceLayer, int targetLayer, EntityText said) {

    /** {@return the greedy continuation as it is} */
    public String text() {
        return said.text();
    }

    boolean isAt(int source, int target) {
        return sourceLayer == source && targetLayer == target;
    }

    /** {@return layers, probability of the first token, and the description} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%2d -> %2d  p %.2f  %s",
                sourceLayer,
                targetLayer,
                said.first().patched(),
                said);
    }
}
