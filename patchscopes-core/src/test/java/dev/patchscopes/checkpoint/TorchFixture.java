package dev.patchscopes.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickles instruction by instruction, and archives around them, right and wrong ones. */
final class TorchFixture {

    private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private int method = ZipEntry.STORED;

    TorchFixture() {
        op(0x80, 2);
    }

    /** Bytes as they are: instructions and their immediate arguments. */
    TorchFixture op(int... bytes) {
        for (int b : bytes) {
            pickle.write(b);
        }
        return this;
    }

    TorchFixture text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return op('X').int32(utf8.length).raw(utf8);
    }

    TorchFixture integer(long value) {
        ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        return op(0x8a, 8).raw(bytes.array());
    }

    TorchFixture int32(int value) {
        return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    TorchFixture raw(byte[] bytes) {
        pickle.writeBytes(bytes);
        return this;
    }

    TorchFixture global(String module, String name) {
        return op('c').raw((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    }

    TorchFixture tuple(long... values) {
        op('(');
        for (long value : values) {
            integer(value);
        }
        return op('t');
    }

    TorchFixture storage(StoredType type, String key, long elements) {
        return op('(').text("storage")
                .global("torch", type.torchStorage())
                .text(key)
                .text("cpu")
                .integer(elements)
                .op('t', 'Q');
    }

    TorchFixture tensor(
            StoredType type, String key, long elements, long offset, long[] shape, long[] strides) {
        return global("torch._utils", "_rebuild_tensor_v2")
                .op('(')
                .storage(type, key, elements)
                .integer(offset)
                .tuple(shape)
                .tuple(strides)
                .op(0x89)
                .op('N', 't', 'R');
    }

    TorchFixture data(String key, byte[] bytes) {
        return entry("archive/data/" + key, bytes);
    }

    TorchFixture entry(String name, byte[] bytes) {
        entries.put(name, bytes);
        return this;
    }

    TorchFixture compressed() {
        method = ZipEntry.DEFLATED;
        return this;
    }

    byte[] pickle() {
        return pickle.toByteArray();
    }

    /** Ends the pickle and writes the archive. */
    Path zip(Path path) throws IOException {
        op('.');
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(path))) {
            put(out, "archive/data.pkl", pickle.toByteArray());
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                put(out, entry.getKey(), entry.getValue());
            }
        }
        return path;
    }

    private void put(ZipOutputStream out, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(method);
        if (method == ZipEntry.STORED) {
            CRC32 crc = new CRC32();
            crc.update(bytes);
            entry.setCrc(crc.getValue());
            entry.setSize(bytes.length);
        }
        out.putNextEntry(entry);
        out.write(bytes);
        out.closeEntry();
    }
}
