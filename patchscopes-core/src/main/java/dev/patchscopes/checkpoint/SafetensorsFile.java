package dev.patchscopes.checkpoint;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.nio.file.Path;
import java.util.TreeMap;

/**
 * One open safetensors file: named tensors and string metadata.
 *
 * <p>Opening reads and checks the header only. Safe for several threads; the caller closes it.
 *
 * <pre>{@code
 * try (SafetensorsFile file = SafetensorsFile.open(Path.of("probe.safetensors"))) {
 *     float[] weight = file.tensor("weight").toFloats();
 * }
 * }</pre>
 */
public final class SafetensorsFile implements WeightFile, AutoCloseable {

    private final DataFile file;
    private final SafetensorsHeader header;

    private SafetensorsFile(DataFile file, SafetensorsHeader header) {
        this.file = file;
        this.header = header;
    }

    /**
     * Opens a file and checks that its header accounts for every byte.
     *
     * @param path the file
     * @return the open file, to be closed by the caller
     * @throws CheckpointNotFoundException if there is no such file
     * @throws CorruptCheckpointException if the header or the file's length is wrong
     * @throws UnsupportedCheckpointException if a tensor has an element type not in {@link
     *     StoredType}
     */
    public static SafetensorsFile open(Path path) {
        DataFile file = DataFile.open(path);
        try {
            return new SafetensorsFile(file, SafetensorsHeader.read(file));
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /**
     * Returns the path of the file.
     *
     * @return the path as it was given
     */
    public Path path() {
        return file.path();
    }

    /**
     * Returns the strings stored with the tensors.
     *
     * @return the metadata, in the order of the file
     */
    public ImmutableMap<String, String> metadata() {
        return header.metadata();
    }

    /**
     * Returns the names of all tensors.
     *
     * @return the names, in the order of the header
     */
    public ImmutableSet<String> tensorNames() {
        return header.tensors().keySet();
    }

    /**
     * Returns all tensors.
     *
     * @return tensors by name, in the order of the header
     */
    @Override
    public ImmutableMap<String, StoredTensor> tensors() {
        return header.tensors();
    }

    /**
     * Tells whether there is a tensor of that name.
     *
     * @param name the name
     * @return true if there is
     */
    public boolean has(String name) {
        return header.tensors().containsKey(name);
    }

    /**
     * Returns a tensor.
     *
     * @param name its name
     * @return the tensor, usable until this file is closed
     * @throws MissingTensorException if there is none; the nearest name is suggested
     */
    public StoredTensor tensor(String name) {
        StoredTensor tensor = header.tensors().get(name);
        if (tensor == null) {
            throw new MissingTensorException(file.path(), name, tensorNames());
        }
        return tensor;
    }

    /**
     * Reads everything and compares it with the digest in the metadata, which {@link
     * SafetensorsWriter} writes and other programs do not.
     *
     * @return true if there is a digest and it fits; false if there is none
     * @throws CorruptCheckpointException if metadata or tensors are not what they were when the
     *     file was written
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    @Override
    public boolean verify() {
        String written = header.metadata().get(TensorDigest.KEY);
        if (written == null) {
            return false;
        }
        TensorDigest digest = new TensorDigest(header.metadata());
        new TreeMap<>(header.tensors())
                .forEach(
                        (name, tensor) -> {
                            digest.tensor(name, tensor.type(), tensor.shape());
                            TensorBytes.forEachChunk(tensor, digest::bytes);
                        });
        if (!digest.toString().equals(written)) {
            throw new CorruptCheckpointException(
                    path(),
                    "metadata or tensors are not what they were when the file was written (their"
                            + " SHA-256 is not the one in the metadata)");
        }
        return true;
    }

    @Override
    public void close() {
        file.close();
    }

    /** {@code SafetensorsFile[probe.safetensors, 3 tensors]}. */
    @Override
    public String toString() {
        return "SafetensorsFile[" + file.path() + ", " + header.tensors().size() + " tensors]";
    }
}
