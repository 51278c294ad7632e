package dev.patchscopes.trace;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The layer a vector is read at and the one it is written to, numbered as in {@link
 * dev.patchscopes.Layers}, of one model or two.
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
