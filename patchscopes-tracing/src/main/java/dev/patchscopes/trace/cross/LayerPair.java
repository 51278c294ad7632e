package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * A layer of the source model and one of the target model.
 *
 * @param source l, 0..L
 * @param target l*, 0..L*
 */
public record LayerPair(int source, int target) {

    /**
     * Checks that the layers are some.
     *
     * @param source l
     * @param target l*
     * @throws IllegalArgumentException if one is negative
     */
    public LayerPair {
        checkArgument(
                source >= 0 && target >= 0,
                "layers %s -> %s: they are counted from 0, the embedding",
                source,
                target);
    }

    /** {@return for example {@code 3 -> 5}} */
    @Override
    public String toString() {
        return source + " -> " + target;
    }
}
