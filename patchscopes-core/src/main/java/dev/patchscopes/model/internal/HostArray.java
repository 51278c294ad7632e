package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** Numbers copied out of native memory, in float32 or, where the model computes in it, float64. */
public sealed interface HostArray {

    /** {@return how many} */
    int size();

    /**
     * Reads one.
     *
     * @param index index
     * @return the number
     */
    double get(int index);

    /**
     * Copies some.
     *
     * @param from first
     * @param count how many
     * @return a new array
     */
    float[] floats(int from, int count);

    /**
     * Copies some.
     *
     * @param from first
     * @param count how many
     * @return a new array
     */
    double[] doubles(int from, int count);

    /**
     * Copies a tensor's values, row-major.
     *
     * @param array a floating-point tensor
     * @return its values
     */
    static HostArray of(NDArray array) {
        return array.getDataType() == DataType.FLOAT64
                ? new Doubles(HostValues.doubles(array))
                : new Floats(HostValues.floats(array));
    }

    /** Float32 values. */
    final class Floats implements HostArray {
        private final float[] values;

        Floats(float[] values) {
            this.values = values;
        }

        @Override
        public int size() {
            return values.length;
        }

        @Override
        public double get(int index) {
            return values[index];
        }

        @Override
        public float[] floats(int from, int count) {
            return java.util.Arrays.copyOfRange(values, from, from + count);
        }

        @Override
        public double[] doubles(int from, int count) {
            double[] out = new double[count];
            for (int i = 0; i < count; i++) {
                out[i] = values[from + i];
            }
            return out;
        }
    }

    /** Float64 values. */
    final class Doubles implements HostArray {
        private final double[] values;

        Doubles(double[] values) {
            this.values = values;
        }

        @Override
        public int size() {
            return values.length;
        }

        @Override
        public double get(int index) {
            return values[index];
        }

        @Override
        public float[] floats(int from, int count) {
            float[] out = new float[count];
            for (int i = 0; i < count; i++) {
                out[i] = (float) values[from + i];
            }
            return out;
        }

        @Override
        public double[] doubles(int from, int count) {
            return java.util.Arrays.copyOfRange(values, from, from + count);
        }
    }
}
