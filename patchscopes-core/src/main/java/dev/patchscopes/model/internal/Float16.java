package dev.patchscopes.model.internal;

import java.nio.ShortBuffer;

/** Rounds float32 to IEEE 754 half precision, to the nearest and ties to even, as libtorch does. */
final class Float16 {

    private static final int SMALLEST_NORMAL = 0x38800000; // 2^-14
    private static final int FIRST_INFINITE = 0x477ff000; // 65520, halfway beyond the largest
    private static final int INFINITY = 0x7f800000;
    private static final int REBIAS = (127 - 15) << 23;

    private Float16() {}

    /** Puts {@code count} rounded values. */
    static void put(float[] values, int count, ShortBuffer out) {
        for (int i = 0; i < count; i++) {
            out.put(round(values[i]));
        }
    }

    /** The bits of the nearest half-precision number. */
    static short round(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > INFINITY) {
            return (short) (sign | 0x7e00); // NaN
        }
        if (magnitude >= FIRST_INFINITE) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude < SMALLEST_NORMAL) {
            // one half has the spacing of subnormals, 2^-24, so the addition rounds to it
            int rounded = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f);
            return (short) (sign | (rounded - Float.floatToRawIntBits(0.5f)));
        }
        int even = magnitude >>> 13 & 1;
        return (short) (sign | (magnitude - REBIAS + 0xfff + even) >>> 13);
    }
}
