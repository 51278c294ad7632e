package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableMap;
import dev.patchscopes.checkpoint.PyValues.PyDict;
import dev.patchscopes.checkpoint.PyValues.PyList;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One open file that {@code torch.save} wrote: a zip archive with a pickle and one entry per
 * storage, or, as it was before PyTorch 1.6, five pickles followed by the storages.
 *
 * <p>The pickle is interpreted by an allow-list and runs nothing; its tensors are named as {@link
 * Checkpoint} says. Opening reads no weights. Safe for several threads; the caller closes it.
 *
 * <pre>{@code
 * try (TorchFile file = TorchFile.open(Path.of("params.pt"))) {
 *     float[] weight = file.tensors().get("0.weight").toFloats();
 * }
 * }</pre>
 */
public final class TorchFile implements WeightFile, AutoCloseable {

    private static final String PICKLE = "/data.pkl";
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;

    /** The start of a pickle of protocol 2 whose first value is the ten-byte magic number. */
    private static final int LEGACY_START = 0x0a8a0280;

    private final DataFile file;
    private final ImmutableMap<String, StoredTensor> tensors;

    private TorchFile(DataFile file, ImmutableMap<String, StoredTensor> tensors) {
        this.file = file;
        this.tensors = tensors;
    }

    /**
     * Opens a file.
     *
     * @param path the file
     * @return the open file, to be closed by the caller
     * @throws CheckpointNotFoundException if there is no such file
     * @throws CorruptCheckpointException if the file contradicts itself or its format
     * @throws UnsupportedCheckpointException if it uses a feature that is not supported
     * @throws ForbiddenPickleException if the pickle wants to call something other than tensor
     *     builders
     */
    public static TorchFile open(Path path) {
        DataFile file = DataFile.open(path);
        try {
            return new TorchFile(file, read(file));
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /** {@return the tensors by name, in the order of the file, usable until this is closed} */
    @Override
    public ImmutableMap<String, StoredTensor> tensors() {
        return tensors;
    }

    /**
     * Reads everything and compares it with the check sums of the archive.
     *
     * @return true if they fit; false if the file is of the format before PyTorch 1.6, which has
     *     none
     * @throws CorruptCheckpointException if an entry is not what it was when it was written
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    @Override
    public boolean verify() {
        if (littleEndian(file.read(0, 4)).getInt() != ZipDirectory.LOCAL_SIGNATURE) {
            return false;
        }
        ZipDirectory.read(file).verify();
        return true;
    }

    /** Closes the file. */
    @Override
    public void close() {
        file.close();
    }

    /** {@code TorchFile[params.pt, 24 tensors]}. */
    @Override
    public String toString() {
        return "TorchFile[" + file.path() + ", " + tensors.size() + " tensors]";
    }

    private static ImmutableMap<String, StoredTensor> read(DataFile file) {
        FileHints.refusePlaceholder(file);
        int start = file.size() < 4 ? 0 : littleEndian(file.read(0, 4)).getInt();
        return switch (start) {
            case ZipDirectory.LOCAL_SIGNATURE -> readZip(file);
            case LEGACY_START -> readLegacy(file);
            default ->
                    throw new CorruptCheckpointException(
                            file.path(),
                            "starts neither like a zip archive nor like an old PyTorch file; it is"
                                    + " damaged or not a checkpoint");
        };
    }

    private static ImmutableMap<String, StoredTensor> readZip(DataFile file) {
        ZipDirectory zip = ZipDirectory.read(file);
        List<String> pickles =
                zip.entries().keySet().stream().filter(name -> name.endsWith(PICKLE)).toList();
        if (pickles.size() != 1) {
            throw new CorruptCheckpointException(
                    file.path(),
                    "the archive must have one entry data.pkl in a folder, but has " + pickles);
        }
        String root = pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
        if (zip.entries().containsKey(root + "/constants.pkl")) {
            throw new UnsupportedCheckpointException(
                    file.path(), "this is a TorchScript program, not a checkpoint of weights");
        }
        checkByteOrder(file, zip, root + "/byteorder");
        TorchTensors.Piece pickle = zip.piece(zip.entries().get(pickles.get(0)));
        if (pickle.bytes() > PickleInput.LONGEST) {
            throw new UnsupportedCheckpointException(
                    file.path(),
                    "the pickle has "
                            + pickle.bytes()
                            + " bytes besides the weights; at most "
                            + PickleInput.LONGEST
                            + " are supported");
        }
        TorchPickle globals = new TorchPickle(file.path());
        PickleInput in =
                new PickleInput(file, pickle.position(), pickle.position() + pickle.bytes());
        Object content = new PickleReader(in, globals).read();
        Map<String, TorchTensors.Piece> pieces = new HashMap<>();
        for (String key : globals.storages().keySet()) {
            ZipDirectory.Entry entry = zip.entries().get(root + "/data/" + key);
            if (entry != null) {
                pieces.put(key, zip.piece(entry));
            }
        }
        return TorchTensors.of(file, StateDict.tensors(file, content), pieces);
    }

    private static void checkByteOrder(DataFile file, ZipDirectory zip, String name) {
        ZipDirectory.Entry entry = zip.entries().get(name);
        if (entry == null) {
            return;
        }
        TorchTensors.Piece piece = zip.piece(entry);
        String order =
                new String(
                        file.read(piece.position(), (int) Math.min(16, piece.bytes())),
                        StandardCharsets.ISO_8859_1);
        if (!order.equals("little")) {
            throw new UnsupportedCheckpointException(
                    file.path(), "the byte order is '" + order + "'; only 'little' is supported");
        }
    }

    private static ImmutableMap<String, StoredTensor> readLegacy(DataFile file) {
        Path path = file.path();
        PickleInput in = new PickleInput(file, 0, file.size());
        TorchPickle none = new TorchPickle(path);
        if (!LEGACY_MAGIC.equals(new PickleReader(in, none).read())) {
            throw new CorruptCheckpointException(path, "the magic number of the format is wrong");
        }
        Object protocol = new PickleReader(in, none).read();
        if (!protocol.equals(LEGACY_PROTOCOL)) {
            throw new UnsupportedCheckpointException(
                    path, "the protocol is not " + LEGACY_PROTOCOL);
        }
        if (!(new PickleReader(in, none).read() instanceof PyDict system)
                || !Boolean.TRUE.equals(system.entries.get("little_endian"))) {
            throw new UnsupportedCheckpointException(
                    path, "it was not written on a little-endian machine");
        }
        TorchPickle globals = new TorchPickle(path);
        Object root = new PickleReader(in, globals).read();
        if (!(new PickleReader(in, none).read() instanceof PyList keys)) {
            throw new CorruptCheckpointException(path, "the list of storages is not a list");
        }
        Map<String, TorchTensors.Piece> pieces =
                legacyPieces(file, in.position(), keys.items, globals.storages());
        return TorchTensors.of(file, StateDict.tensors(file, root), pieces);
    }

    /** Storages follow each other, each after its number of elements. */
    private static Map<String, TorchTensors.Piece> legacyPieces(
            DataFile file,
            long begin,
            List<Object> keys,
            Map<String, TorchPickle.Storage> storages) {
        Map<String, TorchTensors.Piece> pieces = new HashMap<>();
        long position = begin;
        for (Object key : keys) {
            TorchPickle.Storage storage = key instanceof String name ? storages.get(name) : null;
            if (storage == null || pieces.containsKey(storage.key())) {
                throw new CorruptCheckpointException(
                        file.path(), "the list of storages has one that no tensor uses, or twice");
            }
            long left = file.size() - position - Long.BYTES;
            long count = left < 0 ? -1 : littleEndian(file.read(position, Long.BYTES)).getLong();
            long bytes = storage.total() * storage.type().bytes();
            if (count != storage.total() || bytes > left) {
                throw new CorruptCheckpointException(
                        file.path(),
                        "storage '"
                                + storage.key()
                                + "' of "
                                + storage.total()
                                + " "
                                + storage.type()
                                + " elements is not at byte "
                                + position
                                + ": the file was cut short or overwritten");
            }
            pieces.put(storage.key(), new TorchTensors.Piece(position + Long.BYTES, bytes));
            position += Long.BYTES + bytes;
        }
        return pieces;
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
