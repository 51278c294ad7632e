package dev.patchscopes.trace.entity;

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
        return "%2d -> %2d  p %.2f  %s"
                .formatted(sourceLayer, targetLayer, said.first().patched(), said);
    }
}
