package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {

    @TempDir Path directory;

    @Test
    void readsBackWhatTheWriterWrote() throws IOException {
        Path path = directory.resolve("all.safetensors");
        float[] floats = new float[50_000];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = i * 0.25f - 100;
        }
        double[] doubles = {Math.PI, Double.NaN, -0.0, Double.MIN_VALUE};
        long[] longs = {Long.MIN_VALUE, -1, (1L << 53) + 1};
        new SafetensorsWriter()
                .metadata("format", "pt")
                .metadata("note", "ключ \"quoted\"\n")
                .add("floats", floats, 250, 200)
                .add("scalar", new float[] {7}, new long[0])
                .add("empty", new float[0], 0, 3)
                .add("ключ", doubles, 2, 2)
                .add("longs", longs, 3)
                .write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.metadata())
                    .containsEntry("format", "pt")
                    .containsEntry("note", "ключ \"quoted\"\n");
            assertThat(file.tensorNames())
                    .containsExactlyInAnyOrder("floats", "scalar", "empty", "ключ", "longs");
            assertThat(file.tensor("floats").shape()).isEqualTo(ImmutableLongArray.of(250, 200));
            assertThat(file.tensor("floats").toFloats()).isEqualTo(floats);
            assertThat(file.tensor("scalar").shape().isEmpty()).isTrue();
            assertThat(file.tensor("scalar").toDoubles()).containsExactly(7.0);
            assertThat(file.tensor("empty").toFloats()).isEmpty();
            assertThat(file.tensor("ключ").toDoubles()).isEqualTo(doubles);
            assertThat(file.tensor("longs").toLongs()).isEqualTo(longs);
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.getLong() % 8).isZero();
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void readsPartsAtAnyOffset() {
        Path path = directory.resolve("part.safetensors");
        float[] values = new float[40_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        new SafetensorsWriter().add("x", values, values.length).write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            StoredTensor x = file.tensor("x");
            float[] out = new float[20_010];
            x.read(17_001, out, 5, 20_000);
            assertThat(Arrays.copyOfRange(out, 5, 20_005))
                    .isEqualTo(Arrays.copyOfRange(values, 17_001, 37_001));
            assertThat(out[4]).isZero();
            assertThat(out[20_005]).isZero();

            ByteBuffer direct = ByteBuffer.allocateDirect(48).order(ByteOrder.BIG_ENDIAN);
            direct.position(4).limit(44);
            assertThat(x.readRaw(100, direct)).isTrue();
            assertThat(direct.hasRemaining()).isFalse();
            direct.clear().order(ByteOrder.LITTLE_ENDIAN);
            assertThat(direct.getFloat(0)).isZero();
            assertThat(direct.getFloat(4)).isEqualTo(100f);
            assertThat(direct.getFloat(40)).isEqualTo(109f);
            assertThat(direct.getFloat(44)).isZero();
            assertThat(x.readRaw(StoredType.F16, 0, direct.clear())).isFalse();
            assertThat(direct.position()).isZero();
        }
    }

    @Test
    void refusesRangesOutsideTheTensorOrTheDestination() {
        Path path = directory.resolve("range.safetensors");
        new SafetensorsWriter().add("x", new float[10], 10).write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            StoredTensor x = file.tensor("x");
            float[] out = new float[20];
            for (long first : new long[] {-1, 6, 11, Long.MAX_VALUE, Long.MIN_VALUE}) {
                assertThatThrownBy(() -> x.read(first, out, 0, 5))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
            assertThatThrownBy(() -> x.read(0, out, 16, 5))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> x.read(0, out, 0, -1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> x.readBytes(0, ByteBuffer.allocate(6)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("multiple of the 4");
            assertThatThrownBy(x::toLongs).isInstanceOf(UnsupportedCheckpointException.class);
            x.read(10, out, 20, 0);
        }
    }

    @Test
    void anInterruptNeitherFailsTheReadNorIsLost() {
        Path path = directory.resolve("interrupt.safetensors");
        new SafetensorsWriter().add("x", new float[] {1, 2, 3}, 3).write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            Thread.currentThread().interrupt();
            assertThat(file.tensor("x").toFloats()).containsExactly(1, 2, 3);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(file.tensor("x").toFloats()).containsExactly(1, 2, 3);
        }
    }

    @Test
    void saysThatTheFileWasClosedOrCutShort() throws IOException {
        Path path = directory.resolve("cut.safetensors");
        new SafetensorsWriter().add("x", new float[1000], 1000).write(path);
        SafetensorsFile file = SafetensorsFile.open(path);
        StoredTensor x = file.tensor("x");
        try (var channel = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
            channel.truncate(2000);
        }
        assertThatThrownBy(x::toFloats)
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("the file ends before byte");
        file.close();
        assertThatThrownBy(x::toFloats)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | 0 | does not start with '{'",
                "{\"x\":3} | 0 | must be an object, not a number",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}} | 8 | must have a dtype",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | 4 | cannot have"
                        + " the 4",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} | 8 | a later"
                        + " end",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}} | 8 | has -8",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}} | 8 | has 2.0",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}} | 8 | more than"
                        + " 2",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,99999999999999999999]}}"
                        + " | 8 | has 9999",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,0]}}"
                        + " | 0 | cannot have",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | 7 | it was cut"
                        + " short",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | 9 | but the"
                        + " file has 9",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}} | 12 | leaving a"
                        + " hole after the header",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}"
                        + " | 7 | inside 'x'",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[5,7]}}"
                        + " | 7 | leaving a hole after 'x'",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"
                        + " | 0 | 'x' occurs twice",
                "{\"x\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}} |"
                        + " 0 | 'dtype' occurs twice",
                "{\"__metadata__\":{\"a\":1}} | 0 | must be a string",
                "{\"__metadata__\":{},\"__metadata__\":{}} | 0 | occurs twice",
                "{\"__metadata__\":{\"a\":\"\\ud800\"}} | 0 | half a character",
                "{\"__metadata__\":{\"\\udc00\":\"a\"}} | 0 | half a character",
                "{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}} | 0"
                        + " | half a character",
                "{\"x\" | 0 | ends too early",
                "{}{} | 0 | malformed JSON at line 1, column",
                "{'x':1} | 0 | malformed JSON at line 1, column",
            })
    void refusesHeadersThatDoNotAddUp(String json, int dataBytes, String message)
            throws IOException {
        Path path = rawFile(json.getBytes(StandardCharsets.UTF_8), dataBytes);
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining(message);
    }

    @Test
    void refusesElementTypesItCannotRead() throws IOException {
        String json = "{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}";
        Path path = rawFile(json.getBytes(StandardCharsets.UTF_8), 2);
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("tensor 'x' has dtype 'F8_E4M3'; supported are [F64, F32");
    }

    @Test
    void refusesTextThatIsNotUtf8AndNestingWithoutEnd() throws IOException {
        Path latin = rawFile("{\"\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1), 0);
        assertThatThrownBy(() -> SafetensorsFile.open(latin))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("not valid UTF-8");
        String deep = "{\"x\":{\"y\":" + "[".repeat(100_000);
        Path nested = rawFile(deep.getBytes(StandardCharsets.UTF_8), 0);
        assertThatThrownBy(() -> SafetensorsFile.open(nested))
                .isInstanceOf(CorruptCheckpointException.class);
    }

    @Test
    void refusesHeaderLengthsBeyondTheFile() throws IOException {
        for (long length : new long[] {3, 100, 1L << 40, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
            Path path = directory.resolve("length" + length);
            byte[] bytes = new byte[10];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
            Files.write(path, bytes);
            assertThatThrownBy(() -> SafetensorsFile.open(path))
                    .isInstanceOf(CorruptCheckpointException.class)
                    .hasMessageContaining("claims to have " + Long.toUnsignedString(length));
        }
    }

    @Test
    void recognisesPlaceholdersAndShortFiles() throws IOException {
        Path pointer = directory.resolve("pointer");
        Files.writeString(pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
        assertThatThrownBy(() -> SafetensorsFile.open(pointer))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("git lfs pull");
        Path tiny = Files.write(directory.resolve("tiny"), new byte[7]);
        assertThatThrownBy(() -> SafetensorsFile.open(tiny))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("only 7 bytes");
        assertThatThrownBy(() -> SafetensorsFile.open(directory))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("not a regular file");
    }

    @Test
    void acceptsHeadersPaddedWithSpacesAndTensorsInAnyOrder() throws IOException {
        String json =
                "{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]},"
                        + "\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                        + "\"e\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[1,1]}}    ";
        Path path = rawFile(json.getBytes(StandardCharsets.UTF_8), 3);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensorNames()).containsExactly("b", "a", "e");
            assertThat(file.tensor("b").toLongs()).containsExactly(1, 2);
            assertThat(file.tensor("a").toLongs()).containsExactly(0);
        }
    }

    @Test
    void theWriterRefusesWhatWouldNotReadBack() {
        SafetensorsWriter writer = new SafetensorsWriter().add("x", new float[2], 2);
        assertThatThrownBy(() -> writer.add("x", new float[2], 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'x' was added before");
        assertThatThrownBy(() -> writer.add("y", new long[2], 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 values, which do not fill the shape [3]");
        assertThatThrownBy(() -> writer.add("__metadata__", new long[1], 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** A header with its right length, then data bytes 0, 1, 2, ... */
    private Path rawFile(byte[] header, int dataBytes) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header);
        for (int i = 0; i < dataBytes; i++) {
            bytes.put((byte) i);
        }
        return Files.write(Files.createTempFile(directory, "raw", ".safetensors"), bytes.array());
    }
}
