package dev.patchscopes.model.internal;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The penalty on distant keys that stands in for positions in ALiBi models (arXiv 2108.12409).
 *
 * <p>A head's penalty is its slope times the distance. Softmax ignores what all keys share, so the
 * bias added here is the slope times the key's own position. Slopes form a geometric sequence: for
 * n heads, n a power of two, {@code 2^(-8/n), 2^(-16/n), ..., 2^-8}; otherwise those of the power
 * below n, followed by every other slope of the power above.
 *
 * <p>Checkpoints were trained with slopes and biases in float32 (or coarser), so they are rounded
 * to it here.
 */
public final class AlibiSlopes {

    private final float[] slopes;
    private final boolean bfloat16;

    private AlibiSlopes(float[] slopes, boolean bfloat16) {
        this.slopes = slopes;
        this.bfloat16 = bfloat16;
    }

    /**
     * Returns the slopes of so many heads.
     *
     * @param heads number of heads, at least 1
     * @param bfloat16 whether slopes, positions and their products are rounded to bfloat16
     * @return the slopes
     */
    public static AlibiSlopes of(int heads, boolean bfloat16) {
        checkArgument(heads >= 1, "%s heads", heads);
        int power = Integer.highestOneBit(heads);
        float[] slopes = new float[heads];
        for (int head = 0; head < power; head++) {
            slopes[head] = power(base(power), head + 1);
        }
        for (int head = power; head < heads; head++) {
            slopes[head] = power(base(2 * power), 2 * (head - power) + 1);
        }
        if (bfloat16) {
            for (int head = 0; head < heads; head++) {
                slopes[head] = toBfloat16(slopes[head]);
            }
        }
        return new AlibiSlopes(slopes, bfloat16);
    }

    /**
     * Returns the slopes.
     *
     * @return [head]
     */
    public double[] slopes() {
        double[] wide = new double[slopes.length];
        for (int head = 0; head < wide.length; head++) {
            wide[head] = slopes[head];
        }
        return wide;
    }

    /**
     * Returns what is added to the scores of keys at some positions.
     *
     * @param positions positions of the keys, counted from the first token that is no padding
     * @return [head, key], row by row
     */
    public double[] bias(long[] positions) {
        double[] bias = new double[slopes.length * positions.length];
        for (int head = 0; head < slopes.length; head++) {
            for (int key = 0; key < positions.length; key++) {
                float position = positions[key];
                float product =
                        bfloat16
                                ? toBfloat16(slopes[head] * toBfloat16(position))
                                : slopes[head] * position;
                bias[head * positions.length + key] = product;
            }
        }
        return bias;
    }

    private static float base(int power) {
        return (float) Math.pow(2, -8.0 / power);
    }

    private static float power(float base, int exponent) {
        return (float) Math.pow(base, exponent);
    }

    /** Rounds to the nearest value with 8 significant bits, ties to even. */
    private static float toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int rounded = bits + 0x7fff + ((bits >>> 16) & 1);
        return Float.intBitsToFloat(rounded & 0xffff0000);
    }
}
