package dev.patchscopes.model;

import ai.djl.ndarray.types.DataType;

/**
 * The number format a model computes in. Softmax and the statistics of norms are accumulated in
 * float32 at least.
 */
public enum ComputeType {
    /** 32-bit floats: the default on the CPU. */
    FLOAT32(DataType.FLOAT32, 4),
    /** 64-bit floats: for checks, twice the memory. */
    FLOAT64(DataType.FLOAT64, 8),
    /** 16-bit floats: for GPUs; gradients need one of the other two. */
    FLOAT16(DataType.FLOAT16, 2);

    private final DataType dataType;
    private final int bytes;

    ComputeType(DataType dataType, int bytes) {
        this.dataType = dataType;
        this.bytes = bytes;
    }

    /** {@return DJL's name of the format} */
    public DataType dataType() {
        return dataType;
    }

    /** {@return bytes of one number} */
    public int bytes() {
        return bytes;
    }
}
