package dev.patchscopes.checkpoint;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** All bytes of a tensor, a piece at a time. */
final class TensorBytes {
    private static final int CHUNK_ELEMENTS = 1 << 13;

    private TensorBytes() {}

    static void forEachChunk(StoredTensor tensor, Consumer<ByteBuffer> sink) {
        int most = (int) Math.min(CHUNK_ELEMENTS, tensor.elements());
        ByteBuffer chunk = ByteBuffer.allocate(most * tensor.type().bytes());
        for (long from = 0; from < tensor.elements(); from += most) {
            int n = (int) Math.min(most, tensor.elements() - from);
            chunk.clear().limit(n * tensor.type().bytes());
            tensor.readBytes(from, chunk);
            sink.accept(chunk.flip());
        }
    }
}
