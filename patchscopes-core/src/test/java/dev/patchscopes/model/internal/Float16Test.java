package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.patchscopes.text.NativeStartup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rounding to half precision, against libtorch's. */
class Float16Test {

    @Test
    void roundsAsLibtorch() {
        NativeStartup.prepare();
        Random random = new Random(151);
        float[] values = new float[1 << 18];
        for (int i = 0; i < values.length; i++) {
            // every half, its neighbourhood and the middle to the next, then any bits at all
            int half = i & 0x7fff;
            float exact = Float.intBitsToFloat(half << 13) * 0x1p112f;
            values[i] =
                    switch (i >>> 15) {
                        case 0 -> exact;
                        case 1 -> -exact;
                        case 2 -> Math.nextUp(exact);
                        case 3 -> Float.intBitsToFloat((half << 13) + 0x1000) * 0x1p112f;
                        case 4 -> Math.nextDown(exact);
                        default -> Float.intBitsToFloat(random.nextInt());
                    };
        }
        ShortBuffer rounded = ShortBuffer.allocate(values.length);
        Float16.put(values, values.length, rounded);
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray half = manager.create(values).toType(DataType.FLOAT16, false);
            ByteBuffer expected = half.toByteBuffer(true).order(ByteOrder.nativeOrder());
            for (int i = 0; i < values.length; i++) {
                short bits = expected.getShort(2 * i);
                if (Float.isNaN(values[i])) {
                    assertThat(rounded.get(i) & 0x7fff).isGreaterThan(0x7c00);
                } else if (rounded.get(i) != bits) {
                    assertThat(rounded.get(i)).as("%h", values[i]).isEqualTo(bits);
                }
            }
        }
    }
}
