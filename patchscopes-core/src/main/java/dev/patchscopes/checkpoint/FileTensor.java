package dev.patchscopes.checkpoint;

import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.checkpoint.internal.Interrupts;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;

/** What tensors in a file have in common: range checks, and conversion chunk by chunk. */
abstract sealed class FileTensor implements StoredTensor permits ContiguousTensor, StridedTensor {

    private final DataFile file;
    private final String name;
    private final StoredType type;
    private final ImmutableLongArray shape;
    private final long elements;

    /** The caller has checked that {@code elements}, and their bytes, are representable. */
    FileTensor(
            DataFile file, String name, StoredType type, ImmutableLongArray shape, long elements) {
        this.file = file;
        this.name = name;
        this.type = type;
        this.shape = shape;
        this.elements = elements;
    }

    /** Copies stored bytes of a range already checked. */
    abstract void fill(long firstElement, ByteBuffer destination);

    /** Whether the file holds the elements in row-major order without gaps. */
    abstract boolean isContiguous();

    /** How many elements one conversion step reads. */
    abstract int chunkElements();

    final DataFile dataFile() {
        return file;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Path file() {
        return file.path();
    }

    @Override
    public final StoredType type() {
        return type;
    }

    @Override
    public final ImmutableLongArray shape() {
        return shape;
    }

    @Override
    public final long elements() {
        return elements;
    }

    @Override
    public final void read(long firstElement, float[] out, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, out.length);
        forEachChunk(
                firstElement,
                count,
                (bytes, done, n) -> ElementDecoder.toFloats(type, bytes, out, offset + done, n));
    }

    @Override
    public final void read(long firstElement, double[] out, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, out.length);
        forEachChunk(
                firstElement,
                count,
                (bytes, done, n) -> ElementDecoder.toDoubles(type, bytes, out, offset + done, n));
    }

    @Override
    public final void read(long firstElement, long[] out, int offset, int count) {
        if (type.isFloat()) {
            throw new UnsupportedCheckpointException(
                    file.path(),
                    "tensor '" + name + "' holds " + type + ": read it as float[] or double[]");
        }
        Objects.checkFromIndexSize(offset, count, out.length);
        forEachChunk(
                firstElement,
                count,
                (bytes, done, n) -> ElementDecoder.toLongs(type, bytes, out, offset + done, n));
    }

    @Override
    public final boolean readRaw(StoredType wanted, long firstElement, ByteBuffer destination) {
        if (type != wanted || !isContiguous()) {
            return false;
        }
        readBytes(firstElement, destination);
        return true;
    }

    @Override
    public final void readBytes(long firstElement, ByteBuffer destination) {
        if (destination.remaining() % type.bytes() != 0) {
            throw new IllegalArgumentException(
                    destination.remaining()
                            + " bytes remain in the destination, not a multiple of the "
                            + type.bytes()
                            + " of one "
                            + type);
        }
        checkRange(firstElement, destination.remaining() / type.bytes());
        fill(firstElement, destination);
    }

    @Override
    public final float[] toFloats() {
        float[] out = new float[arrayLength()];
        read(0, out, 0, out.length);
        return out;
    }

    @Override
    public final double[] toDoubles() {
        double[] out = new double[arrayLength()];
        read(0, out, 0, out.length);
        return out;
    }

    @Override
    public final long[] toLongs() {
        if (type.isFloat()) {
            read(0, new long[0], 0, 0);
        }
        long[] out = new long[arrayLength()];
        read(0, out, 0, out.length);
        return out;
    }

    /** {@code name F16 [48, 12]}. */
    @Override
    public final String toString() {
        return name + " " + type + " " + shape;
    }

    private int arrayLength() {
        // The longest array every virtual machine can make.
        if (elements > Integer.MAX_VALUE - 8) {
            throw new UnsupportedCheckpointException(
                    file.path(),
                    "tensor '"
                            + name
                            + "' of shape "
                            + shape
                            + " is longer than an array can be: read it in parts");
        }
        return (int) elements;
    }

    private void checkRange(long first, int count) {
        if (first < 0 || first > elements - count) {
            throw new IndexOutOfBoundsException(
                    "elements "
                            + first
                            + " to "
                            + first
                            + "+"
                            + count
                            + " are not within the "
                            + elements
                            + " of tensor '"
                            + name
                            + "'");
        }
    }

    private void forEachChunk(long first, int count, ChunkSink sink) {
        checkRange(first, count);
        int chunk = Math.min(count, chunkElements());
        byte[] bytes = new byte[chunk * type.bytes()];
        for (int done = 0; done < count; ) {
            if (done > 0) { // a single chunk is no long call
                Interrupts.check("the reading of tensor '" + name + "'", done, count, "numbers");
            }
            int n = Math.min(chunk, count - done);
            fill(first + done, ByteBuffer.wrap(bytes, 0, n * type.bytes()));
            sink.accept(bytes, done, n);
            done += n;
        }
    }

    /** Takes the stored bytes of {@code count} elements, the first being number {@code done}. */
    @FunctionalInterface
    private interface ChunkSink {
        void accept(byte[] bytes, int done, int count);
    }
}
