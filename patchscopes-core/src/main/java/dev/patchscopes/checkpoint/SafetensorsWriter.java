package dev.patchscopes.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import com.google.gson.stream.JsonWriter;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * Writes float16, float32, float64 and int64 tensors to a safetensors file.
 *
 * <p>Tensors are written in the order they were added, the largest elements first so that each is
 * aligned. The metadata gets the SHA-256 of everything in the file as {@code sha256}, which {@link
 * SafetensorsFile#verify} compares. The arrays are not copied: leave them alone until {@link
 * #write}. Not for several threads.
 *
 * <pre>{@code
 * new SafetensorsWriter()
 *         .metadata("format", "pt")
 *         .add("weight", weights, 2, 768)
 *         .add("bias", new float[2], 2)
 *         .write(Path.of("probe.safetensors"));
 * }</pre>
 */
public final class SafetensorsWriter {

    private static final int CHUNK_BYTES = 1 << 16;

    /** Largest elements first. */
    private static final ImmutableList<StoredType> ORDER =
            ImmutableList.of(StoredType.F64, StoredType.I64, StoredType.F32, StoredType.F16);

    private final Map<String, Pending> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** Starts with no tensors and no metadata. */
    public SafetensorsWriter() {}

    /**
     * Adds a string to the file's metadata, replacing one of the same key.
     *
     * @param key the key; not {@code sha256}
     * @param value the value
     * @return this writer
     * @throws IllegalArgumentException if the key is {@code sha256}
     */
    public SafetensorsWriter metadata(String key, String value) {
        checkArgument(!key.equals(TensorDigest.KEY), "'%s' is the file's digest", key);
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds a float32 tensor.
     *
     * @param name a name not added before
     * @param values the elements, row-major
     * @param shape the length of every axis; none for a scalar
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or the shape is not of that many
     *     elements
     */
    public SafetensorsWriter add(String name, float[] values, long... shape) {
        return add(
                name,
                new Pending(
                        StoredType.F32,
                        ImmutableLongArray.copyOf(shape),
                        values.length,
                        (out, from, n) -> out.asFloatBuffer().put(values, from, n)));
    }

    /**
     * Adds a float64 tensor.
     *
     * @param name a name not added before
     * @param values the elements, row-major
     * @param shape the length of every axis; none for a scalar
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or the shape is not of that many
     *     elements
     */
    public SafetensorsWriter add(String name, double[] values, long... shape) {
        return add(
                name,
                new Pending(
                        StoredType.F64,
                        ImmutableLongArray.copyOf(shape),
                        values.length,
                        (out, from, n) -> out.asDoubleBuffer().put(values, from, n)));
    }

    /**
     * Adds an int64 tensor.
     *
     * @param name a name not added before
     * @param values the elements, row-major
     * @param shape the length of every axis; none for a scalar
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or the shape is not of that many
     *     elements
     */
    public SafetensorsWriter add(String name, long[] values, long... shape) {
        return add(
                name,
                new Pending(
                        StoredType.I64,
                        ImmutableLongArray.copyOf(shape),
                        values.length,
                        (out, from, n) -> out.asLongBuffer().put(values, from, n)));
    }

    /**
     * Adds a float16 tensor.
     *
     * @param name a name not added before
     * @param bits the elements as IEEE 754 half-precision bits, row-major
     * @param shape the length of every axis; none for a scalar
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or the shape is not of that many
     *     elements
     */
    public SafetensorsWriter addFloat16(String name, short[] bits, long... shape) {
        return add(
                name,
                new Pending(
                        StoredType.F16,
                        ImmutableLongArray.copyOf(shape),
                        bits.length,
                        (out, from, n) -> out.asShortBuffer().put(bits, from, n)));
    }

    private SafetensorsWriter add(String name, Pending tensor) {
        checkArgument(!name.equals("__metadata__"), "'__metadata__' cannot name a tensor");
        checkArgument(!tensors.containsKey(name), "tensor '%s' was added before", name);
        OptionalLong elements = Extents.elements(tensor.shape, tensor.type);
        checkArgument(
                elements.isPresent() && elements.getAsLong() == tensor.length,
                "tensor '%s' has %s values, which do not fill the shape %s",
                name,
                tensor.length,
                tensor.shape);
        tensors.put(name, tensor);
        return this;
    }

    /**
     * Writes the file; a reader sees either the whole new file or what was there before, also if
     * the process or the machine ends meanwhile.
     *
     * @param path where to write; its directory must exist
     * @throws UncheckedIOException if the disk fails or is full; what was there is as it was
     * @throws CancellationException if this thread is interrupted; what was there is as it was
     */
    public void write(Path path) {
        Map<String, Pending> ordered = new LinkedHashMap<>();
        for (StoredType type : ORDER) {
            tensors.forEach(
                    (name, tensor) -> {
                        if (tensor.type == type) {
                            ordered.put(name, tensor);
                        }
                    });
        }
        Map<String, String> about = new LinkedHashMap<>(metadata);
        about.put(TensorDigest.KEY, digest(path, ordered));
        long data = ordered.values().stream().mapToLong(Pending::bytes).sum();
        try {
            ByteBuffer header = header(about, ordered);
            WholeFile.write(
                    path,
                    header.limit() + data,
                    out -> write(path, out, header.duplicate(), ordered));
        } catch (IOException e) {
            throw new UncheckedIOException(message(path, e), e);
        }
    }

    /** An error that names its file already is not to name it twice. */
    static String message(Path path, IOException e) {
        String what = String.valueOf(e.getMessage());
        return what.startsWith(path.toString()) ? what : "%s: %s".formatted(path, e);
    }

    private String digest(Path path, Map<String, Pending> ordered) {
        TensorDigest digest = new TensorDigest(metadata);
        new TreeMap<>(ordered)
                .forEach(
                        (name, tensor) -> {
                            Interrupts.check(
                                    "the writing of " + path, 0, ordered.size(), "tensors");
                            digest.tensor(name, tensor.type, tensor.shape);
                            try {
                                tensor.forEachChunk(digest::bytes);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        return digest.toString();
    }

    private static void write(
            Path path, FileChannel out, ByteBuffer header, Map<String, Pending> ordered)
            throws IOException {
        WholeFile.writeFully(out, header);
        int done = 0;
        for (Pending tensor : ordered.values()) {
            Interrupts.check("the writing of " + path, done++, ordered.size(), "tensors");
            tensor.forEachChunk(chunk -> WholeFile.writeFully(out, chunk));
        }
    }

    /** The length, then the JSON padded with spaces so that the data starts at a multiple of 8. */
    private static ByteBuffer header(Map<String, String> about, Map<String, Pending> ordered)
            throws IOException {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            json.name("__metadata__").beginObject();
            for (Map.Entry<String, String> entry : about.entrySet()) {
                json.name(entry.getKey()).value(entry.getValue());
            }
            json.endObject();
            long offset = 0;
            for (Map.Entry<String, Pending> entry : ordered.entrySet()) {
                Pending tensor = entry.getValue();
                json.name(entry.getKey()).beginObject();
                json.name("dtype").value(tensor.type.safetensorsName());
                json.name("shape").beginArray();
                for (long length : tensor.shape.toArray()) {
                    json.value(length);
                }
                json.endArray();
                long end = offset + tensor.bytes();
                json.name("data_offsets").beginArray().value(offset).value(end).endArray();
                json.endObject();
                offset = end;
            }
            json.endObject();
        }
        byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(utf8, (utf8.length + 7) / 8 * 8);
        Arrays.fill(padded, utf8.length, padded.length, (byte) ' ');
        return ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length)
                .put(padded)
                .flip();
    }

    /** A tensor waiting to be written. */
    private record Pending(StoredType type, ImmutableLongArray shape, int length, Source source) {

        long bytes() {
            return (long) length * type.bytes();
        }

        void forEachChunk(ChunkSink sink) throws IOException {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            int step = CHUNK_BYTES / type.bytes();
            for (int from = 0; from < length; from += step) {
                int n = Math.min(step, length - from);
                source.copy(chunk.clear(), from, n);
                sink.accept(chunk.limit(n * type.bytes()));
            }
        }
    }

    /** Takes the next bytes of a tensor. */
    @FunctionalInterface
    private interface ChunkSink {
        void accept(ByteBuffer chunk) throws IOException;
    }

    /** Copies elements {@code from} to {@code from + n} to the start of a little-endian buffer. */
    @FunctionalInterface
    private interface Source {
        void copy(ByteBuffer out, int from, int n);
    }
}
