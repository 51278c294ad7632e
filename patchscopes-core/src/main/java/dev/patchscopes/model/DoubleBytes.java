package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Doubles as bytes, bit by bit, the lowest byte of each first. */
final class DoubleBytes {

    private DoubleBytes() {}

    static byte[] of(double[] values) {
        byte[] bytes = new byte[Math.multiplyExact(values.length, Double.BYTES)];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(values);
        return bytes;
    }

    static double[] read(byte[] bytes) {
        checkArgument(
                bytes.length % Double.BYTES == 0,
                "%s bytes are no whole number of doubles",
                bytes.length);
        double[] values = new double[bytes.length / Double.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
        return values;
    }
}
