package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ElementDecoderTest {

    @Test
    void everyHalfHasTheValueItsFieldsSay() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float actual = ElementDecoder.halfToFloat((short) bits);
            int exponent = bits >> 10 & 31;
            int fraction = bits & 1023;
            double sign = bits >> 15 == 0 ? 1 : -1;
            if (exponent == 31 && fraction != 0) {
                assertThat(actual).as("half %x", bits).isNaN();
            } else {
                double expected =
                        exponent == 31
                                ? sign * Double.POSITIVE_INFINITY
                                : exponent == 0
                                        ? sign * Math.scalb((double) fraction, -24)
                                        : sign * Math.scalb(1024.0 + fraction, exponent - 25);
                assertThat(Float.floatToRawIntBits(actual))
                        .as("half %x", bits)
                        .isEqualTo(Float.floatToRawIntBits((float) expected));
            }
        }
    }

    @Test
    void everyBfloatIsTheUpperHalfOfAFloat() {
        byte[] in = new byte[1 << 17];
        ByteBuffer bytes = ByteBuffer.wrap(in).order(ByteOrder.LITTLE_ENDIAN);
        for (int bits = 0; bits < 1 << 16; bits++) {
            bytes.putShort((short) bits);
        }
        float[] floats = new float[1 << 16];
        ElementDecoder.toFloats(StoredType.BF16, in, floats, 0, floats.length);
        double[] doubles = new double[1 << 16];
        ElementDecoder.toDoubles(StoredType.BF16, in, doubles, 0, doubles.length);
        for (int bits = 0; bits < 1 << 16; bits++) {
            float expected = Float.intBitsToFloat(bits << 16);
            assertThat(Float.floatToRawIntBits(floats[bits])).isEqualTo(bits << 16);
            assertThat(Double.valueOf(doubles[bits])).isEqualTo(Double.valueOf(expected));
        }
    }

    @Test
    void integersKeepSignAndWidth() {
        byte[] in = new byte[16];
        ByteBuffer bytes = ByteBuffer.wrap(in).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(Long.MIN_VALUE).putLong((1L << 53) + 1);
        assertThat(longs(StoredType.I64, in, 2)).containsExactly(Long.MIN_VALUE, (1L << 53) + 1);
        bytes.clear().putInt(Integer.MIN_VALUE).putInt(70_000);
        assertThat(longs(StoredType.I32, in, 2)).containsExactly(Integer.MIN_VALUE, 70_000);
        bytes.clear().putShort(Short.MIN_VALUE).putShort((short) 300);
        assertThat(longs(StoredType.I16, in, 2)).containsExactly(Short.MIN_VALUE, 300);
        bytes.clear().put((byte) 200).put((byte) 1).put((byte) 0);
        assertThat(longs(StoredType.I8, in, 3)).containsExactly(-56, 1, 0);
        assertThat(longs(StoredType.U8, in, 3)).containsExactly(200, 1, 0);
        assertThat(longs(StoredType.BOOL, in, 3)).containsExactly(1, 1, 0);
    }

    @Test
    void wideElementsAreRoundedToTheNearestFloat() {
        byte[] in = new byte[16];
        ByteBuffer bytes = ByteBuffer.wrap(in).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putDouble(0.1).putDouble(1e300);
        float[] out = new float[3];
        ElementDecoder.toFloats(StoredType.F64, in, out, 1, 2);
        assertThat(out).containsExactly(0, 0.1f, Float.POSITIVE_INFINITY);
    }

    private static long[] longs(StoredType type, byte[] in, int count) {
        long[] out = new long[count];
        ElementDecoder.toLongs(type, in, out, 0, count);
        double[] doubles = new double[count];
        ElementDecoder.toDoubles(type, in, doubles, 0, count);
        float[] floats = new float[count];
        ElementDecoder.toFloats(type, in, floats, 0, count);
        for (int i = 0; i < count; i++) {
            assertThat(doubles[i]).isEqualTo((double) out[i]);
            assertThat(floats[i]).isEqualTo((float) out[i]);
        }
        return out;
    }
}
