package dev.patchscopes.checkpoint;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Converts little-endian stored elements to Java numbers, in plain loops the compiler unrolls. */
final class ElementDecoder {

    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);

    private ElementDecoder() {}

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    /** Converts the first {@code count} elements of {@code in}. */
    static void toFloats(StoredType type, byte[] in, float[] out, int offset, int count) {
        switch (type) {
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = (float) Double.longBitsToDouble((long) LONG.get(in, 8 * i));
                }
            }
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = Float.intBitsToFloat((int) INT.get(in, 4 * i));
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = halfToFloat((short) SHORT.get(in, 2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = Float.intBitsToFloat((short) SHORT.get(in, 2 * i) << 16);
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = (float) integer(type, in, i);
                }
            }
        }
    }

    /** Converts the first {@code count} elements of {@code in}. */
    static void toDoubles(StoredType type, byte[] in, double[] out, int offset, int count) {
        switch (type) {
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = Double.longBitsToDouble((long) LONG.get(in, 8 * i));
                }
            }
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = Float.intBitsToFloat((int) INT.get(in, 4 * i));
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = halfToFloat((short) SHORT.get(in, 2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = Float.intBitsToFloat((short) SHORT.get(in, 2 * i) << 16);
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = (double) integer(type, in, i);
                }
            }
        }
    }

    /** Copies the first {@code count} elements of {@code in}, which are not floating-point. */
    static void toLongs(StoredType type, byte[] in, long[] out, int offset, int count) {
        for (int i = 0; i < count; i++) {
            out[offset + i] = integer(type, in, i);
        }
    }

    private static long integer(StoredType type, byte[] in, int index) {
        return switch (type) {
            case I64 -> (long) LONG.get(in, 8 * index);
            case I32 -> (int) INT.get(in, 4 * index);
            case I16 -> (short) SHORT.get(in, 2 * index);
            case I8 -> in[index];
            case U8 -> in[index] & 0xff;
            case BOOL -> in[index] == 0 ? 0 : 1;
            case F64, F32, F16, BF16 -> throw new AssertionError(type);
        };
    }

    /** The exact value of an IEEE 754 half; Float has this method only from Java 20 on. */
    static float halfToFloat(short half) {
        int magnitude = half & 0x7fff;
        int sign = (half & 0x8000) << 16;
        if (magnitude >= 0x7c00) {
            // Infinity, or a NaN whose payload keeps its upper bits.
            return Float.intBitsToFloat(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
        }
        if (magnitude >= 0x0400) {
            // The exponent's bias grows from 15 to 127.
            return Float.intBitsToFloat(sign | (magnitude << 13) + (112 << 23));
        }
        // Subnormal or zero: a whole number of 2^-24, which a float holds exactly.
        return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude * 0x1p-24f));
    }
}
