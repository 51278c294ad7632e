package dev.patchscopes.checkpoint;

import com.google.common.primitives.ImmutableLongArray;
import java.util.OptionalLong;

/** Arithmetic on shapes from a file, where every product may be meant to overflow. */
final class Extents {

    /** More axes than any real tensor has; the limit of PyTorch itself. */
    static final int MAX_RANK = 64;

    private Extents() {}

    /** The number of elements, empty if it or its size in bytes is beyond a long. */
    static OptionalLong elements(ImmutableLongArray shape, StoredType type) {
        long elements = 1;
        for (int d = 0; d < shape.length(); d++) {
            if (shape.get(d) == 0) {
                return OptionalLong.of(0);
            }
        }
        for (int d = 0; d < shape.length(); d++) {
            long length = shape.get(d);
            if (length < 0 || elements > Long.MAX_VALUE / type.bytes() / length) {
                return OptionalLong.empty();
            }
            elements *= length;
        }
        return OptionalLong.of(elements);
    }

    /** Strides of a row-major tensor without gaps. */
    static boolean isRowMajor(ImmutableLongArray shape, ImmutableLongArray strides) {
        long expected = 1;
        for (int d = shape.length() - 1; d >= 0; d--) {
            // The stride of an axis of length 1 is never used, and writers put anything there.
            if (shape.get(d) != 1 && strides.get(d) != expected) {
                return false;
            }
            expected *= shape.get(d);
        }
        return true;
    }

    /**
     * How many elements of a storage a view reaches from its first one on, empty beyond a long; the
     * view has elements, and neither shape nor strides have negative entries.
     */
    static OptionalLong reach(ImmutableLongArray shape, ImmutableLongArray strides) {
        long reach = 1;
        for (int d = 0; d < shape.length(); d++) {
            long steps = shape.get(d) - 1;
            long stride = strides.get(d);
            if (steps > 0 && stride > (Long.MAX_VALUE - reach) / steps) {
                return OptionalLong.empty();
            }
            reach += steps * stride;
        }
        return OptionalLong.of(reach);
    }
}
