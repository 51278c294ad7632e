package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Map;
import java.util.OptionalLong;

/** Turns views of storages into tensors of the file, checking that each lies within its storage. */
final class TorchTensors {

    /**
     * Expanded views repeat few stored elements. Small ones are ordinary; one that would take more
     * memory than the whole file, and more than this, is made to exhaust it.
     */
    private static final long HARMLESS_BYTES = 1L << 24;

    /** Where a storage's elements are; the caller has checked that they are within the file. */
    record Piece(long position, long bytes) {}

    private TorchTensors() {}

    static ImmutableMap<String, StoredTensor> of(
            DataFile file, Map<String, TorchPickle.Tensor> views, Map<String, Piece> pieces) {
        ImmutableMap.Builder<String, StoredTensor> tensors = ImmutableMap.builder();
        views.forEach((name, view) -> tensors.put(name, tensor(file, name, view, pieces)));
        return tensors.buildOrThrow();
    }

    private static StoredTensor tensor(
            DataFile file, String name, TorchPickle.Tensor view, Map<String, Piece> pieces) {
        TorchPickle.Storage storage = view.storage();
        StoredType type = storage.type();
        ImmutableLongArray shape = view.shape();
        ImmutableLongArray strides = view.strides();
        Piece piece = pieces.get(storage.key());
        if (piece == null) {
            throw refuse(file, name, view, "whose data is not in the file");
        }
        if (storage.total() > piece.bytes() / type.bytes()) {
            throw refuse(
                    file, name, view, "of which only " + piece.bytes() + " bytes are in the file");
        }
        OptionalLong elements = Extents.elements(shape, type);
        if (elements.isEmpty()
                || view.offset() < 0
                || shape.stream().anyMatch(length -> length < 0)
                || strides.stream().anyMatch(stride -> stride < 0)) {
            throw refuse(file, name, view, "with negative or impossible numbers");
        }
        long count = elements.getAsLong();
        if (count * type.bytes() > Math.max(HARMLESS_BYTES, file.size())) {
            throw refuse(file, name, view, "repeating elements to more than the file's size");
        }
        if (count == 0) {
            return new ContiguousTensor(file, name, type, shape, 0, piece.position());
        }
        OptionalLong reach = Extents.reach(shape, strides);
        if (reach.isEmpty()
                || view.offset() > storage.count()
                || reach.getAsLong() > storage.count() - view.offset()) {
            throw refuse(file, name, view, "reaching beyond its end");
        }
        long start = piece.position() + (storage.first() + view.offset()) * type.bytes();
        return Extents.isRowMajor(shape, strides)
                ? new ContiguousTensor(file, name, type, shape, count, start)
                : new StridedTensor(file, name, type, shape, count, start, strides);
    }

    private static CorruptCheckpointException refuse(
            DataFile file, String name, TorchPickle.Tensor view, String why) {
        return new CorruptCheckpointException(
                file.path(),
                "tensor '"
                        + name
                        + "' of shape "
                        + view.shape()
                        + ", strides "
                        + view.strides()
                        + " and offset "
                        + view.offset()
                        + " is a view of a storage of "
                        + view.storage().count()
                        + " "
                        + view.storage().type()
                        + " elements ('"
                        + view.storage().key()
                        + "') "
                        + why);
    }
}
