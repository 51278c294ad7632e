package dev.patchscopes.checkpoint;

import com.google.common.primitives.ImmutableLongArray;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * One tensor of a checkpoint, still on disk; every read goes to the file and converts on the way.
 *
 * <p>Elements are addressed by their row-major (last axis fastest) index, whatever the order in the
 * file. Reads are safe from several threads at once, and keep no memory afterwards. A tensor is
 * usable until the {@link Checkpoint}, {@link SafetensorsFile} or {@link TorchFile} it came from is
 * closed; later reads throw {@link IllegalStateException}.
 *
 * <p>Every read throws {@link IndexOutOfBoundsException} if the range asked for is not within the
 * tensor or the destination, {@link CorruptCheckpointException} if the file has become shorter
 * since it was opened, and {@link java.io.UncheckedIOException} if the disk fails.
 */
public sealed interface StoredTensor permits FileTensor {

    /**
     * Returns the tensor's name in the checkpoint.
     *
     * @return the name, such as {@code "transformer.h.0.attn.c_attn.weight"}
     */
    String name();

    /**
     * Returns the file that holds the elements.
     *
     * @return the file: of a split checkpoint the tensor's shard
     */
    Path file();

    /**
     * Returns the type of the elements in the file.
     *
     * @return the stored type
     */
    StoredType type();

    /**
     * Returns the length of every axis, outermost first.
     *
     * @return the shape, empty for a scalar
     */
    ImmutableLongArray shape();

    /**
     * Returns the number of elements, the product of the shape.
     *
     * @return the element count, 1 for a scalar
     */
    long elements();

    /**
     * Returns the size of the elements as stored.
     *
     * @return {@link #elements()} times the bytes of one
     */
    default long bytes() {
        return elements() * type().bytes();
    }

    /**
     * Reads elements as float32; F64 and wide integers are rounded to the nearest.
     *
     * @param firstElement row-major index of the first element to read
     * @param out where to put them
     * @param offset index in {@code out} of the first
     * @param count how many
     */
    void read(long firstElement, float[] out, int offset, int count);

    /**
     * Reads elements as float64; only I64 beyond 2^53 is rounded.
     *
     * @param firstElement row-major index of the first element to read
     * @param out where to put them
     * @param offset index in {@code out} of the first
     * @param count how many
     */
    void read(long firstElement, double[] out, int offset, int count);

    /**
     * Reads the elements of an integer or boolean tensor exactly.
     *
     * @param firstElement row-major index of the first element to read
     * @param out where to put them
     * @param offset index in {@code out} of the first
     * @param count how many
     * @throws UnsupportedCheckpointException if the elements are floating-point numbers
     */
    void read(long firstElement, long[] out, int offset, int count);

    /**
     * Copies float32 elements to a buffer without converting, if they are stored so.
     *
     * <p>This is the way to fill native memory: a direct buffer is read into straight from the
     * file.
     *
     * @param firstElement row-major index of the first element to read
     * @param littleEndianFloat32Destination filled from its position to its limit, which must hold
     *     whole elements, with little-endian bytes whatever its own byte order
     * @return true if it was filled; false, with nothing touched, if the tensor is not stored as
     *     float32 in row-major order
     */
    default boolean readRaw(long firstElement, ByteBuffer littleEndianFloat32Destination) {
        return readRaw(StoredType.F32, firstElement, littleEndianFloat32Destination);
    }

    /**
     * Copies elements of one type to a buffer without converting, if they are stored so.
     *
     * @param wanted the element type the destination is meant to hold
     * @param firstElement row-major index of the first element to read
     * @param destination filled from its position to its limit, which must hold whole elements,
     *     with little-endian bytes whatever its own byte order
     * @return true if it was filled; false, with nothing touched, if the tensor is not stored as
     *     {@code wanted} in row-major order
     */
    boolean readRaw(StoredType wanted, long firstElement, ByteBuffer destination);

    /**
     * Copies elements in their stored type and row-major order, gathering them if the file keeps
     * them in another.
     *
     * @param firstElement row-major index of the first element to read
     * @param destination filled from its position to its limit, which must hold whole elements,
     *     with little-endian bytes whatever its own byte order
     */
    void readBytes(long firstElement, ByteBuffer destination);

    /**
     * Reads the whole tensor as float32.
     *
     * @return a new array in row-major order
     * @throws UnsupportedCheckpointException if an array cannot be that long
     */
    float[] toFloats();

    /**
     * Reads the whole tensor as float64.
     *
     * @return a new array in row-major order
     * @throws UnsupportedCheckpointException if an array cannot be that long
     */
    double[] toDoubles();

    /**
     * Reads the whole of an integer or boolean tensor.
     *
     * @return a new array in row-major order
     * @throws UnsupportedCheckpointException if an array cannot be that long, or the elements are
     *     floating-point numbers
     */
    long[] toLongs();
}
