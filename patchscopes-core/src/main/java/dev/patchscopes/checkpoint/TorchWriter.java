package dev.patchscopes.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes float32 tensors as {@code torch.save} writes a state dict: a zip archive with a pickle and
 * an entry a tensor, for programs that read nothing else.
 *
 * <p>The arrays are not copied: leave them alone until {@link #write}. Not for several threads.
 *
 * <pre>{@code
 * new TorchWriter().add("0.weight", weights, 768, 768).write(Path.of("params.pt"));
 * }</pre>
 */
public final class TorchWriter {
    private static final String ROOT = "archive/";
    private static final String ORDERED_DICT = "ccollections\nOrderedDict\n)R";
    private static final int MOST = 1 << 28; // numbers whose bytes an array can hold

    private final Map<String, Pending> tensors = new LinkedHashMap<>();

    /** A tensor waiting to be written. */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    private record Pending(float[] values, ImmutableLongArray shape) {}

    /** Starts with no tensors. */
    public TorchWriter() {}

    /**
     * Adds a tensor.
     *
     * @param name a name not added before
     * @param values the elements, row-major; at most 2^28
     * @param shape the length of every axis; none for a scalar
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or the shape is not of that many
     *     elements
     */
    public TorchWriter add(String name, float[] values, long... shape) {
        ImmutableLongArray lengths = ImmutableLongArray.copyOf(shape);
        OptionalLong elements = Extents.elements(lengths, StoredType.F32);
        checkArgument(!tensors.containsKey(name), "tensor '%s' was added before", name);
        checkArgument(
                elements.isPresent() && elements.getAsLong() == values.length,
                "tensor '%s' has %s values, which do not fill the shape %s",
                name,
                values.length,
                lengths);
        checkArgument(
                values.length <= MOST,
                "tensor '%s' has %s values; at most %s can be written",
                name,
                values.length,
                MOST);
        tensors.put(name, new Pending(values, lengths));
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
        long bytes = tensors.values().stream().mapToLong(t -> 4L * t.values.length).sum();
        try {
            WholeFile.write(path, bytes, out -> writeTo(path, out));
        } catch (IOException e) {
            throw new UncheckedIOException(SafetensorsWriter.message(path, e), e);
        }
    }

    private void writeTo(Path path, FileChannel out) throws IOException {
        // Closed for its native memory.
        try (ZipOutputStream zip = new ZipOutputStream(leftOpen(out))) {
            put(zip, "data.pkl", pickle());
            put(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            List<Pending> all = new ArrayList<>(tensors.values());
            for (int key = 0; key < all.size(); key++) {
                Interrupts.check("the writing of " + path, key, all.size(), "tensors");
                float[] values = all.get(key).values;
                ByteBuffer bytes =
                        ByteBuffer.allocate(values.length * Float.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(values);
                put(zip, "data/" + key, bytes.array());
            }
            put(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** A channel is closed by who opened it. */
    private static OutputStream leftOpen(FileChannel out) {
        return new BufferedOutputStream(Channels.newOutputStream(out)) {
            @Override
            public void close() throws IOException {
                flush();
            }
        };
    }

    /** PyTorch reads entries where they lie, so they must not be compressed. */
    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    /** An ordered dictionary of tensors by name, in protocol 2. */
    private byte[] pickle() {
        Pickle out = new Pickle();
        out.code("\u0080\u0002" + ORDERED_DICT + "(");
        int key = 0;
        for (Map.Entry<String, Pending> entry : tensors.entrySet()) {
            ImmutableLongArray shape = entry.getValue().shape;
            out.text(entry.getKey());
            out.code("ctorch._utils\n_rebuild_tensor_v2\n((");
            out.text("storage");
            out.code("ctorch\nFloatStorage\n");
            out.text(Integer.toString(key++));
            out.text("cpu");
            out.number(entry.getValue().values.length);
            out.code("tQ"); // a tuple that names a storage
            out.number(0);
            out.numbers(shape);
            out.numbers(strides(shape));
            out.code("\u0089" + ORDERED_DICT + "tR"); // no gradient, no hooks
        }
        out.code("u.");
        return out.bytes.toByteArray();
    }

    private static ImmutableLongArray strides(ImmutableLongArray shape) {
        long[] out = new long[shape.length()];
        long stride = 1;
        for (int axis = out.length - 1; axis >= 0; axis--) {
            out[axis] = stride;
            stride *= shape.get(axis);
        }
        return ImmutableLongArray.copyOf(out);
    }

    /** Opcodes of Python's pickle. */
    private static final class Pickle {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        void code(String opcodes) {
            bytes.writeBytes(opcodes.getBytes(StandardCharsets.ISO_8859_1));
        }

        void text(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            code("X");
            bytes.writeBytes(littleEndian(utf8.length));
            bytes.writeBytes(utf8);
        }

        /** Lengths of axes are within an int, as they are of arrays. */
        void number(long value) {
            code("J");
            bytes.writeBytes(littleEndian(Math.toIntExact(value)));
        }

        void numbers(ImmutableLongArray values) {
            code("(");
            values.forEach(this::number);
            code("t");
        }

        private static byte[] littleEndian(int value) {
            return ByteBuffer.allocate(Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(value)
                    .array();
        }
    }
}
