package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files beyond 4 GiB, made of holes so that they take no room on the disk. */
class LargeFileTest {

    private static final long ELEMENTS = 1_300_000_000L;

    @TempDir Path directory;

    @Test
    void safetensorsPositionsAreLong() throws IOException {
        String json =
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1300000,1000],\"data_offsets\":[0,"
                        + 4 * ELEMENTS
                        + "]}}";
        Path path = directory.resolve("large.safetensors");
        try (FileChannel file = create(path)) {
            ByteBuffer header = little(8 + json.length());
            header.putLong(json.length()).put(json.getBytes(StandardCharsets.UTF_8));
            write(file, 0, header);
            write(file, 8 + json.length() + 4 * (ELEMENTS - 1), little(4).putFloat(2.5f));
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertLastElement(file.tensor("x"));
        }
    }

    /** The sizes and positions of such an archive stand in its 64-bit fields. */
    @Test
    void archivePositionsAreLong() throws IOException {
        Path path = directory.resolve("large.bin");
        long[] shape = {1_300_000, 1000};
        byte[] pickle =
                new TorchFixture()
                        .op('}')
                        .text("x")
                        .tensor(StoredType.F32, "0", ELEMENTS, 0, shape, new long[] {1000, 1})
                        .op('s')
                        .text("y")
                        .tensor(StoredType.F32, "1", 1, 0, new long[] {1}, new long[] {1})
                        .op('s', '.')
                        .pickle();
        try (FileChannel file = create(path)) {
            long data = local(file, 0, "a/data/0");
            write(file, data + 4 * (ELEMENTS - 1), little(4).putFloat(2.5f));
            long one = data + 4 * ELEMENTS;
            long oneData = local(file, one, "a/data/1");
            write(file, oneData, little(4).putFloat(7f));
            long program = oneData + 4;
            long programData = local(file, program, "a/data.pkl");
            write(file, programData, ByteBuffer.wrap(pickle).position(pickle.length));
            long start = programData + pickle.length;
            long at = start;
            at = central(file, at, "a/data/0", 4 * ELEMENTS, 0);
            at = central(file, at, "a/data/1", 4, one);
            at = central(file, at, "a/data.pkl", pickle.length, program);
            ByteBuffer end = little(56 + 20 + 22);
            end.putInt(0x06064b50).putLong(44).putInt(0).putLong(0);
            end.putLong(3).putLong(3).putLong(at - start).putLong(start);
            end.putInt(0x07064b50).putInt(0).putLong(at).putInt(1);
            end.putInt(0x06054b50).putInt(0).putShort((short) -1).putShort((short) -1);
            end.putInt(-1).putInt(-1).putShort((short) 0);
            write(file, at, end);
        }
        try (TorchFile file = TorchFile.open(path)) {
            assertLastElement(file.tensors().get("x"));
            assertThat(file.tensors().get("y").toFloats()).containsExactly(7);
        }
    }

    private static void assertLastElement(StoredTensor tensor) {
        assertThat(tensor.elements()).isEqualTo(ELEMENTS);
        double[] out = new double[3];
        tensor.read(ELEMENTS - 3, out, 0, 3);
        assertThat(out).containsExactly(0, 0, 2.5);
        ByteBuffer direct = ByteBuffer.allocateDirect(4).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(tensor.readRaw(ELEMENTS - 1, direct)).isTrue();
        assertThat(direct.getFloat(0)).isEqualTo(2.5f);
        assertThatThrownBy(() -> tensor.read(ELEMENTS - 2, out, 0, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static FileChannel create(Path path) throws IOException {
        return FileChannel.open(
                path,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE);
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void write(FileChannel file, long position, ByteBuffer filled)
            throws IOException {
        filled.flip();
        assertThat(file.write(filled, position)).isEqualTo(filled.limit());
    }

    /** An entry's own header, whose sizes nobody needs. Returns where its data begins. */
    private static long local(FileChannel file, long position, String name) throws IOException {
        ByteBuffer header = little(30 + name.length());
        header.putInt(0x04034b50).position(26);
        header.putShort((short) name.length()).putShort((short) 0);
        header.put(name.getBytes(StandardCharsets.US_ASCII));
        write(file, position, header);
        return position + 30 + name.length();
    }

    private static long central(
            FileChannel file, long position, String name, long size, long header)
            throws IOException {
        ByteBuffer line = little(46 + name.length() + 5 + 28);
        line.putInt(0x02014b50).position(20);
        line.putInt(-1).putInt(-1).putShort((short) name.length()).putShort((short) (5 + 28));
        line.position(42);
        line.putInt(-1).put(name.getBytes(StandardCharsets.US_ASCII));
        line.putShort((short) 0x4246).putShort((short) 1).put((byte) 0);
        line.putShort((short) 1).putShort((short) 24);
        line.putLong(size).putLong(size).putLong(header);
        write(file, position, line);
        return position + line.limit();
    }
}
