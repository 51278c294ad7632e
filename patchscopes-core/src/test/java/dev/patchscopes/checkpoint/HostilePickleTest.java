package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostilePickleTest {

    @TempDir Path directory;

    @ParameterizedTest
    @CsvSource({
        "os, system", "posix, system", "builtins, eval", "__builtin__, getattr",
        "torch, load", "torch.storage, _load_from_bytes", "torch.hub, load", "numpy, ndarray",
        "collections, defaultdict", "subprocess, Popen"
    })
    void aGlobalOutsideTheListIsRefusedEvenIfNothingCallsIt(String module, String name)
            throws IOException {
        refused(new TorchFixture().global(module, name).op('0', '}'))
                .isInstanceOf(ForbiddenPickleException.class)
                .hasMessageContaining("'" + module + "." + name + "'");
        refused(new TorchFixture().text(module).text(name).op(0x93, '0', '}'))
                .isInstanceOf(ForbiddenPickleException.class)
                .hasMessageContaining("'" + module + "." + name + "'");
    }

    @Test
    void messagesShowNoControlCharactersAndStayShort() throws IOException {
        refused(new TorchFixture().global("evil\u001b[2J", "x\r"))
                .isInstanceOfSatisfying(
                        ForbiddenPickleException.class,
                        e -> assertThat(e.global()).isEqualTo("evil\u001b[2J.x\r"))
                .hasMessageContaining("'evil\ufffd[2J.x\ufffd'");
        refused(new TorchFixture().text("x".repeat(100_000)).text("y").op(0x93))
                .isInstanceOfSatisfying(
                        ForbiddenPickleException.class,
                        e -> assertThat(e.getMessage()).hasSizeLessThan(2100));
    }

    @Test
    void kindsOfTensorsThatCannotBeReadAreNamed() throws IOException {
        refused(new TorchFixture().global("torch", "QInt8Storage"))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("torch.QInt8Storage")
                .hasMessageContaining("F64, F32");
        refused(new TorchFixture().global("torch._utils", "_rebuild_sparse_tensor"))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("_rebuild_sparse_tensor");
    }

    @Test
    void instructionsOutsideTheListAreRefused() throws IOException {
        for (int opcode : new int[] {'i', 'o', 0x81, 0x92, 'P', 'I', 'S', 0x82, 0x96, 0xff}) {
            refused(new TorchFixture().op('}').op(opcode))
                    .isInstanceOf(UnsupportedCheckpointException.class)
                    .hasMessageContaining(String.format("instruction 0x%02x", opcode));
        }
    }

    @Test
    void lengthsBeyondThePickleAreRefusedBeforeAllocating() throws IOException {
        corrupt(new TorchFixture().op('X').int32(-1)).hasMessageContaining("4294967295 bytes");
        corrupt(new TorchFixture().op('X').int32(0x7fffffff)).hasMessageContaining("2147483647");
        corrupt(new TorchFixture().op(0x8d).raw(new byte[] {0, 0, 0, 0, 0, 0, 0, -128}))
                .hasMessageContaining("9223372036854775808 bytes");
        corrupt(new TorchFixture().op('B').int32(1 << 30)).hasMessageContaining("1073741824");
        corrupt(new TorchFixture().op(0x8b).int32(-1)).hasMessageContaining("at most 255");
        corrupt(new TorchFixture().op(0x95).raw(new byte[] {-1, -1, -1, -1, -1, -1, -1, 127}))
                .hasMessageContaining("frame");
        corrupt(new TorchFixture().op('c').raw(new byte[600])).hasMessageContaining("longer than");
    }

    @Test
    void theStackTheMarksAndTheMemoAreGuarded() throws IOException {
        corrupt(new TorchFixture()).hasMessageContaining("empty stack");
        corrupt(new TorchFixture().op('}', '}')).hasMessageContaining("left over");
        corrupt(new TorchFixture().op('}', '(')).hasMessageContaining("empty stack");
        corrupt(new TorchFixture().op('}', '(', 'a')).hasMessageContaining("empty stack");
        corrupt(new TorchFixture().op('N', '(', '0')).hasMessageContaining("empty stack");
        corrupt(new TorchFixture().op('t')).hasMessageContaining("not opened");
        corrupt(new TorchFixture().op('N', 0x86)).hasMessageContaining("empty stack");
        corrupt(new TorchFixture().op('h', 3)).hasMessageContaining("memo 3");
        corrupt(new TorchFixture().op('j').int32(-1)).hasMessageContaining("memo 4294967295");
        corrupt(new TorchFixture().op('q', 1)).hasMessageContaining("empty stack");
        corrupt(new TorchFixture().op('N', 'N', 'a')).hasMessageContaining("not a list");
        corrupt(new TorchFixture().op(']', 'N', 'N', 's')).hasMessageContaining("not a dict");
        corrupt(new TorchFixture().op('}', '(', 'N', 'u')).hasMessageContaining("without a value");
        corrupt(new TorchFixture().op('N', ')', 'R')).hasMessageContaining("not a function");
        corrupt(new TorchFixture().global("torch", "Size").op('N', 'R'))
                .hasMessageContaining("not a tuple");
        refused(new TorchFixture().raw(repeat('(', 2000)))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("more than 1000 deep");
        refused(new TorchFixture().op('}', ')', 'N', 's'))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("keys");
        refused(new TorchFixture().op(0x80, 9))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("protocol 9");
    }

    @Test
    void aHighMemoIndexTakesNoMoreMemoryThanALowOne() throws IOException {
        Path path = new TorchFixture().op('}', 'r').int32(-1).zip(directory.resolve("memo.bin"));
        try (TorchFile file = TorchFile.open(path)) {
            assertThat(file.tensors()).isEmpty();
        }
    }

    @Test
    void valuesAreCountedSoThatASmallFileCannotFillTheMemory() throws IOException {
        refused(new TorchFixture().raw(repeat('}', 5_000_000)))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("more than 4000000 values");
        refused(new TorchFixture().raw(repeat('}', PickleInput.LONGEST + 1)))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("bytes besides the weights");
    }

    @Test
    void dictionariesThatShareOrContainThemselvesDoNotMultiply() throws IOException {
        TorchFixture doubling = new TorchFixture().op('}', 'q', 0);
        for (int i = 0; i < 25; i++) {
            doubling.op('0', '}').text("a").op('h', i, 's').text("b").op('h', i, 's', 'q', i + 1);
        }
        corrupt(doubling).hasMessageContaining("counting shared ones each time");
        corrupt(new TorchFixture().op('}', 'q', 0).text("a").op('h', 0, 's'))
                .hasMessageContaining("nested more than 32 deep");
        corrupt(new TorchFixture().op('}', 'q', 0).text("model").op('h', 0, 's'))
                .hasMessageContaining("nested more than 32 deep");
        corrupt(
                        tensorUnder(
                                new TorchFixture().op('}').text("k".repeat(5000)),
                                4,
                                0,
                                new long[] {4},
                                new long[] {1}))
                .hasMessageContaining("longer than 4096");
    }

    @Test
    void viewsMustLieWithinTheirStorage() throws IOException {
        long[] one = {1};
        view(4, 0, new long[] {5}, one, "reaching beyond its end");
        view(4, 1, new long[] {4}, one, "reaching beyond its end");
        view(4, 5, new long[] {1}, one, "reaching beyond its end");
        view(4, 0, new long[] {2}, new long[] {4}, "reaching beyond its end");
        view(4, 0, new long[] {2}, new long[] {Long.MAX_VALUE}, "reaching beyond its end");
        view(4, 0, new long[] {3}, new long[] {Long.MAX_VALUE}, "reaching beyond its end");
        view(4, Long.MAX_VALUE, new long[] {2}, one, "reaching beyond its end");
        view(4, 3, new long[] {4}, new long[] {-1}, "negative or impossible");
        view(4, -1, new long[] {2}, one, "negative or impossible");
        view(4, 0, new long[] {-2}, one, "negative or impossible");
        view(4, 0, new long[] {1L << 62}, new long[] {0}, "negative or impossible");
        view(4, 0, new long[] {1L << 40}, new long[] {0}, "more than the file's size");
        view(5, 0, new long[] {1}, one, "only 16 bytes are in the file");
        corrupt(tensor(1L << 62, 0, new long[] {1}, one)).hasMessageContaining("elements");
        corrupt(tensor(-4, 0, new long[] {1}, one)).hasMessageContaining("-4 elements");
        corrupt(tensor(4, 0, new long[] {1, 1}, one)).hasMessageContaining("with strides [1]");
        corrupt(tensor(4, 0, new long[65], new long[65])).hasMessageContaining("with strides");
    }

    @Test
    void anExpandedViewOfModestSizeIsRead() throws IOException {
        Path path =
                tensor(4, 2, new long[] {1000, 3}, new long[] {0, 0})
                        .data(
                                "0",
                                new byte[] {
                                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0
                                })
                        .zip(directory.resolve("expanded.bin"));
        try (TorchFile file = TorchFile.open(path)) {
            assertThat(file.tensors().get("x").toFloats()).hasSize(3000).containsOnly(1f);
        }
    }

    @Test
    void storagesThatAreNotThereOrNotUnderstoodAreRefused() throws IOException {
        assertThatThrownBy(
                        () ->
                                TorchFile.open(
                                        tensor(4, 0, new long[] {4}, new long[] {1})
                                                .zip(directory.resolve("none.bin"))))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("data is not in the file");
        corrupt(new TorchFixture().text("storage").op('Q')).hasMessageContaining("refers to data");
        corrupt(new TorchFixture().global("torch._utils", "_rebuild_tensor_v2").op(')', 'R'))
                .hasMessageContaining("arguments that do not fit");
        corrupt(new TorchFixture().op('U', 2, 0xc3, 0x28)).hasMessageContaining("UTF-8");
    }

    @Test
    void twoTensorsOfOneNameAreRefused() throws IOException {
        TorchFixture twice =
                tensorUnder(
                        new TorchFixture().op('}').text("a.b"),
                        4,
                        0,
                        new long[] {4},
                        new long[] {1});
        twice.text("a").op('}').text("b");
        twice.tensor(StoredType.F32, "0", 4, 0, new long[] {4}, new long[] {1}).op('s', 's');
        corrupt(twice).hasMessageContaining("two tensors of the pickle are named 'a.b'");
    }

    @Test
    void otherTopLevelsAreNotWeights() throws IOException {
        refused(new TorchFixture().op(']'))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("not a dictionary of tensors");
    }

    @Test
    void archivesOfOtherKindsAreRefused() throws IOException {
        refused(new TorchFixture().op('}').compressed())
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("'archive/data.pkl' of the archive is compressed");
        refused(new TorchFixture().op('}').entry("archive/constants.pkl", new byte[0]))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("TorchScript");
        refused(new TorchFixture().op('}').entry("archive/byteorder", ascii("big")))
                .isInstanceOf(UnsupportedCheckpointException.class)
                .hasMessageContaining("'big'");
        corrupt(new TorchFixture().op('}').entry("other/data.pkl", new byte[0]))
                .hasMessageContaining("one entry data.pkl");
        Path text = Files.writeString(directory.resolve("text.bin"), "hello, this is text");
        assertThatThrownBy(() -> TorchFile.open(text))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("starts neither like");
        Path pointer = Files.writeString(directory.resolve("lfs.bin"), "version https://git-lfs.x");
        assertThatThrownBy(() -> TorchFile.open(pointer))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("Git LFS");
    }

    private void view(long total, long offset, long[] shape, long[] strides, String message)
            throws IOException {
        corrupt(tensor(total, offset, shape, strides))
                .hasMessageContaining("tensor 'x' of shape")
                .hasMessageContaining(message);
    }

    private static TorchFixture tensor(long total, long offset, long[] shape, long[] strides) {
        return tensorUnder(new TorchFixture().op('}').text("x"), total, offset, shape, strides);
    }

    private static TorchFixture tensorUnder(
            TorchFixture begun, long total, long offset, long[] shape, long[] strides) {
        return begun.tensor(StoredType.F32, "0", total, offset, shape, strides).op('s');
    }

    private AbstractThrowableAssert<?, ?> corrupt(TorchFixture fixture) throws IOException {
        return refused(fixture).isInstanceOf(CorruptCheckpointException.class);
    }

    /** With a storage of 16 bytes, in case the pickle gets as far as needing it. */
    private AbstractThrowableAssert<?, ?> refused(TorchFixture fixture) throws IOException {
        Path path = fixture.data("0", new byte[16]).zip(directory.resolve("hostile.bin"));
        return assertThatThrownBy(() -> TorchFile.open(path)).hasMessageContaining(path.toString());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] repeat(int opcode, int count) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) opcode);
        return bytes;
    }
}
