package dev.patchscopes.checkpoint;

import dev.patchscopes.checkpoint.internal.Interrupts;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** All bytes of a tensor, a piece at a time. */
final class TensorBytes {
    private static final int CHUNK_BYTES = 1 << 16;

    private TensorBytes() {}

    static void forEachChunk(StoredTensor tensor, Consumer<ByteBuffer> sink) {
        int most = (int) Math.min(CHUNK_BYTES / tensor.type().bytes(), tensor.elements());
        ByteBuffer chunk = ByteBuffer.allocate(most * tensor.type().bytes());
        for (long from = 0; from < tensor.elements(); from += most) {
            if (from > 0) { // a single piece is no long call
                Interrupts.check(
                        "the reading of tensor '" + tensor.name() + "'",
                        from,
                        tensor.elements(),
                        "numbers");
            }
            int n = (int) Math.min(most, tensor.elements() - from);
            chunk.clear().limit(n * tensor.type().bytes());
            tensor.readBytes(from, chunk);
            sink.accept(chunk.flip());
        }
    }
}
