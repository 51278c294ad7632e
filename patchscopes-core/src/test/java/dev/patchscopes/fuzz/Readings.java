package dev.patchscopes.fuzz;

import dev.patchscopes.checkpoint.StoredTensor;
import java.nio.ByteBuffer;

/** Reading tensors without believing their size. */
final class Readings {

    /** Elements read of one tensor; an expanded view may have more than the file has bytes. */
    private static final int MOST = 1 << 12;

    private Readings() {}

    /** The first and the last elements in every way there is. */
    static void readAll(StoredTensor tensor) {
        int count = (int) Math.min(MOST, tensor.elements());
        long last = tensor.elements() - count;
        tensor.readBytes(last, ByteBuffer.allocate(count * tensor.type().bytes()));
        tensor.read(0, new float[count], 0, count);
        tensor.read(last, new double[count], 0, count);
        if (!tensor.type().isFloat()) {
            tensor.read(last / 2, new long[count], 0, count);
        }
        if (tensor.elements() <= MOST && tensor.toFloats().length != tensor.toDoubles().length) {
            throw new AssertionError(tensor + " has two lengths");
        }
    }

    /** The first bytes of a tensor. */
    static byte[] some(StoredTensor tensor) {
        int count = (int) Math.min(MOST, tensor.elements());
        byte[] bytes = new byte[count * tensor.type().bytes()];
        tensor.readBytes(0, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** All bytes of a tensor that lies within a small file. */
    static byte[] bytes(StoredTensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
        tensor.readBytes(0, ByteBuffer.wrap(bytes));
        return bytes;
    }
}
