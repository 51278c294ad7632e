package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The memory of parameters and of the workers' gradients, for reading and writing from Java.
 *
 * <p>A pass over all parameters goes through arrays small enough for the processor's nearest cache:
 * one sweep over the memory, where tensor operations would make one each.
 */
final class ParameterAccess implements AutoCloseable {
    private static final int CHUNK = TrainingRuntime.PIECE;

    private final boolean isDouble;
    private final List<NDArray> gradientHandles;
    private final ByteBuffer values;
    private final List<ByteBuffer> gradients;

    /**
     * @param values all parameters, on the CPU
     * @param gradientHandles gradients to add up; closed with this
     */
    ParameterAccess(NDArray values, List<NDArray> gradientHandles) {
        this.isDouble = values.getDataType() == DataType.FLOAT64;
        this.gradientHandles = gradientHandles;
        this.values = HostValues.bytes(values);
        this.gradients = gradientHandles.stream().map(HostValues::bytes).toList();
    }

    /** Shows a range of parameters in pieces; for several threads at once, each with its range. */
    void visit(TrainingRuntime.Visitor visitor, int from, int to, boolean write) {
        float[] value = new float[CHUNK];
        float[] gradient = new float[CHUNK];
        float[] more = new float[CHUNK];
        for (int at = from; at < to; at += CHUNK) {
            int count = Math.min(CHUNK, to - at);
            get(values, at, value, count);
            Arrays.fill(gradient, 0);
            for (ByteBuffer each : gradients) {
                get(each, at, more, count);
                for (int i = 0; i < count; i++) {
                    gradient[i] += more[i];
                }
            }
            visitor.visit(at, value, gradient, count);
            if (write) {
                put(values, at, value, count);
            }
        }
    }

    private void get(ByteBuffer from, int at, float[] out, int count) {
        if (!isDouble) {
            from.asFloatBuffer().get(at, out, 0, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            out[i] = (float) from.getDouble((at + i) * Double.BYTES);
        }
    }

    private void put(ByteBuffer to, int at, float[] in, int count) {
        if (!isDouble) {
            to.asFloatBuffer().put(at, in, 0, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            to.putDouble((at + i) * Double.BYTES, in[i]);
        }
    }

    /** Values or summed gradients in full precision. */
    double[] read(int from, int count, boolean wantsGradients) {
        double[] out = new double[count];
        for (ByteBuffer each : wantsGradients ? gradients : List.of(values)) {
            for (int i = 0; i < count; i++) {
                int at = from + i;
                out[i] += isDouble ? each.getDouble(at * 8) : each.getFloat(at * 4);
            }
        }
        return out;
    }

    void write(int from, double[] given) {
        for (int i = 0; i < given.length; i++) {
            if (isDouble) {
                values.putDouble((from + i) * Double.BYTES, given[i]);
            } else {
                values.putFloat((from + i) * Float.BYTES, (float) given[i]);
            }
        }
    }

    @Override
    public void close() {
        gradientHandles.forEach(NDArray::close);
    }
}
