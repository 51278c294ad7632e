package dev.patchscopes.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/** The element types a checkpoint may store, all little-endian. */
public enum StoredType {
    /** IEEE 754 double precision. */
    F64(8, "DoubleStorage"),
    /** IEEE 754 single precision. */
    F32(4, "FloatStorage"),
    /** IEEE 754 half precision: 5 exponent bits, 10 fraction bits. */
    F16(2, "HalfStorage"),
    /** The upper half of a single precision number: 8 exponent bits, 7 fraction bits. */
    BF16(2, "BFloat16Storage"),
    /** 64-bit two's complement. */
    I64(8, "LongStorage"),
    /** 32-bit two's complement. */
    I32(4, "IntStorage"),
    /** 16-bit two's complement. */
    I16(2, "ShortStorage"),
    /** 8-bit two's complement. */
    I8(1, "CharStorage"),
    /** 8-bit unsigned. */
    U8(1, "ByteStorage"),
    /** One byte: zero is false, anything else true; read as 0 and 1. */
    BOOL(1, "BoolStorage");

    private final int bytes;
    private final String torchStorage;

    StoredType(int bytes, String torchStorage) {
        this.bytes = bytes;
        this.torchStorage = torchStorage;
    }

    /**
     * Returns the size of one element.
     *
     * @return bytes per element
     */
    public int bytes() {
        return bytes;
    }

    /**
     * Returns the name that safetensors headers use.
     *
     * @return the safetensors spelling, such as {@code "BF16"}
     */
    public String safetensorsName() {
        return name();
    }

    /**
     * Returns the class that holds elements of this type in a PyTorch pickle.
     *
     * @return the class name without its module, such as {@code "BFloat16Storage"}
     */
    public String torchStorage() {
        return torchStorage;
    }

    /**
     * Tells whether elements are floating-point numbers.
     *
     * @return true for F64, F32, F16 and BF16
     */
    public boolean isFloat() {
        return this == F64 || this == F32 || this == F16 || this == BF16;
    }

    static Optional<StoredType> ofSafetensors(String name) {
        return Arrays.stream(values()).filter(t -> t.safetensorsName().equals(name)).findFirst();
    }

    static Optional<StoredType> ofTorchStorage(String name) {
        return Arrays.stream(values()).filter(t -> t.torchStorage.equals(name)).findFirst();
    }
}
