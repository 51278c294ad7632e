package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchFileTest {

    @ParameterizedTest
    @ValueSource(strings = {"zip.bin", "legacy.bin"})
    void readsEveryKindOfTensorBitForBit(String name) {
        try (TorchFile file = TorchFile.open(Golden.path("edge_pickle/" + name));
                SafetensorsFile expected =
                        SafetensorsFile.open(Golden.path("edge_pickle/expected.safetensors"))) {
            assertThat(file.tensors().keySet()).isEqualTo(expected.tensorNames());
            for (Map.Entry<String, StoredTensor> entry : expected.tensors().entrySet()) {
                assertSame(file.tensors().get(entry.getKey()), entry.getValue());
            }
        }
    }

    @Test
    void readsRowMajorViewsInPlaceAndGathersTheOthers() {
        try (TorchFile file = TorchFile.open(Golden.path("edge_pickle/zip.bin"))) {
            ImmutableMap<String, StoredTensor> tensors = file.tensors();
            ByteBuffer four = ByteBuffer.allocate(4);
            assertThat(tensors.get("tied.a").readRaw(0, four)).isTrue();
            assertThat(tensors.get("view.row_slice").readRaw(0, four.clear())).isTrue();
            assertThat(tensors.get("view.offset1d").readRaw(0, four.clear())).isTrue();
            assertThat(tensors.get("view.transposed").readRaw(0, four.clear())).isFalse();
            assertThat(tensors.get("view.step2").readRaw(0, four.clear())).isFalse();
            assertThat(tensors.get("view.expanded").readRaw(0, four.clear())).isFalse();
        }
    }

    @Test
    void theStrideOfAnAxisOfOneElementDoesNotMatter(@TempDir Path directory) throws IOException {
        Path path =
                new TorchFixture()
                        .op('}')
                        .text("x")
                        .tensor(
                                StoredType.U8,
                                "0",
                                4,
                                0,
                                new long[] {1, 4, 1},
                                new long[] {Long.MAX_VALUE, 1, 77})
                        .op('s')
                        .data("0", new byte[] {1, 2, 3, 4})
                        .zip(directory.resolve("one.bin"));
        try (TorchFile file = TorchFile.open(path)) {
            StoredTensor tensor = file.tensors().get("x");
            assertThat(tensor.readRaw(StoredType.U8, 0, ByteBuffer.allocate(4))).isTrue();
            assertThat(tensor.toLongs()).containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void takesTheDictionaryUnderAWrapperAndIgnoresWhatIsNotATensor() {
        try (TorchFile file = TorchFile.open(Golden.path("edge_pickle/nested.bin"));
                SafetensorsFile expected =
                        SafetensorsFile.open(Golden.path("edge_pickle/expected.safetensors"))) {
            assertThat(file.tensors().keySet())
                    .containsExactly("tied.a", "tied.b", "view.transposed");
            file.tensors().forEach((name, tensor) -> assertSame(tensor, expected.tensor(name)));
        }
    }

    @Test
    void refusesAForbiddenGlobalByName() {
        assertThatThrownBy(() -> TorchFile.open(Golden.path("edge_pickle/forbidden_global.bin")))
                .isInstanceOfSatisfying(
                        ForbiddenPickleException.class,
                        e -> assertThat(e.global()).isEqualTo("__builtin__.len"))
                .hasMessageContaining("forbidden_global.bin")
                .hasMessageContaining("'__builtin__.len'")
                .hasMessageContaining("safetensors");
    }

    /** All at once, and in parts that begin and end anywhere. */
    private static void assertSame(StoredTensor actual, StoredTensor expected) {
        assertThat(actual.type()).as(expected.name()).isEqualTo(expected.type());
        assertThat(actual.shape()).as(expected.name()).isEqualTo(expected.shape());
        byte[] all = bytes(expected, 0, (int) expected.elements());
        assertThat(bytes(actual, 0, (int) actual.elements())).as(expected.name()).isEqualTo(all);
        int size = expected.type().bytes();
        for (int first = 0; first < expected.elements(); first += 3) {
            for (int count = 1; first + count <= expected.elements(); count += 4) {
                assertThat(bytes(actual, first, count))
                        .as("%s from %s, %s elements", expected.name(), first, count)
                        .isEqualTo(Arrays.copyOfRange(all, first * size, (first + count) * size));
            }
        }
        assertThat(actual.toDoubles()).as(expected.name()).isEqualTo(expected.toDoubles());
        assertThat(actual.toFloats()).as(expected.name()).isEqualTo(expected.toFloats());
    }

    private static byte[] bytes(StoredTensor tensor, long first, int count) {
        byte[] bytes = new byte[count * tensor.type().bytes()];
        tensor.readBytes(first, ByteBuffer.wrap(bytes));
        return bytes;
    }
}
