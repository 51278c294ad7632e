package dev.patchscopes.checkpoint;

import com.google.common.primitives.ImmutableLongArray;
import java.nio.ByteBuffer;

/** A tensor whose elements lie in the file in row-major order without gaps. */
final class ContiguousTensor extends FileTensor {

    private static final int CHUNK_BYTES = 1 << 16;

    private final long position;

    /** The caller has checked that all elements lie within the file. */
    ContiguousTensor(
            DataFile file,
            String name,
            StoredType type,
            ImmutableLongArray shape,
            long elements,
            long position) {
        super(file, name, type, shape, elements);
        this.position = position;
    }

    @Override
    void fill(long firstElement, ByteBuffer destination) {
        dataFile().read(position + firstElement * type().bytes(), destination);
    }

    @Override
    boolean isContiguous() {
        return true;
    }

    @Override
    int chunkElements() {
        return CHUNK_BYTES / type().bytes();
    }
}
