package dev.patchscopes.trace.entity;

/**
 * The layer a vector is read at and the one it is written to, numbered as in {@link
 * dev.patchscopes.Layers}.
 *
 * @param source l
 * @param target l*
 */
public record LayerPair(int source, int target) {

    /** {@return for example {@code 4 -> 2}} */
    @Override
    public String toString() {
        return source + " -> " + target;
    }
}
