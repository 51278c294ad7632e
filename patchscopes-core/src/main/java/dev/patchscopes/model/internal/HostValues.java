package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The values of tensors in the memory of the program. */
final class HostValues {
    private HostValues() {}

    /** The values of a tensor of any floating type, row-major. */
    static float[] floats(NDArray array) {
        if (array.getDataType() != DataType.FLOAT32) {
            try (NDArray cast = array.toType(DataType.FLOAT32, false)) {
                return floats(cast);
            }
        }
        if (!array.getDevice().isGpu()) {
            float[] values = new float[Math.toIntExact(array.size())];
            bytes(array).asFloatBuffer().get(values);
            return values;
        }
        return onCpu(array).toFloats();
    }

    /** The values of a tensor of any floating type, row-major. */
    static double[] doubles(NDArray array) {
        if (array.getDataType() != DataType.FLOAT64) {
            try (NDArray cast = array.toType(DataType.FLOAT64, false)) {
                return doubles(cast);
            }
        }
        if (!array.getDevice().isGpu()) {
            double[] values = new double[Math.toIntExact(array.size())];
            bytes(array).asDoubleBuffer().get(values);
            return values;
        }
        return onCpu(array).toDoubles();
    }

    private record Download(NDArray copy, NDManager own) {
        float[] toFloats() {
            try (own) {
                return floats(copy);
            }
        }

        double[] toDoubles() {
            try (own) {
                return doubles(copy);
            }
        }
    }

    /**
     * Moving a tensor to another device hides the copy in a manager nobody closes; this names it.
     */
    private static Download onCpu(NDArray array) {
        NDArray copy = array.toDevice(Device.cpu(), false);
        return new Download(copy, copy.getManager());
    }

    /** The native memory of a contiguous tensor on the CPU, for reading and filling. */
    static ByteBuffer bytes(NDArray array) {
        return array.toByteBuffer(true).order(ByteOrder.nativeOrder());
    }
}
