package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StridedTensorTest {

    @TempDir Path directory;

    @Test
    void anyViewReadsTheElementsItsStridesPointAt() throws IOException {
        for (long seed = 1; seed <= 300; seed++) {
            checkRandomView(new Random(seed), "seed " + seed);
        }
    }

    /** Against the definition: element i is at offset + sum of index times stride. */
    private void checkRandomView(Random random, String seed) throws IOException {
        List<StoredType> types = List.of(StoredType.values());
        StoredType type = types.get(random.nextInt(types.size()));
        int rank = random.nextInt(5);
        long[] shape = random.ints(rank, 1, 8).asLongStream().toArray();
        long[] strides = new long[rank];
        long step = 1;
        Integer[] order = shuffled(rank, random);
        for (int axis : order) {
            strides[axis] = random.nextInt(6) == 0 ? 0 : step;
            step *= shape[axis] * (random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1);
        }
        int offset = random.nextInt(5);
        int reach = offset + 1;
        for (int d = 0; d < rank; d++) {
            reach += (int) ((shape[d] - 1) * strides[d]);
        }
        byte[] data = new byte[(reach + random.nextInt(3)) * type.bytes()];
        random.nextBytes(data);
        Path path =
                new TorchFixture()
                        .op('}')
                        .text("x")
                        .tensor(type, "0", data.length / type.bytes(), offset, shape, strides)
                        .op('s')
                        .data("0", data)
                        .zip(directory.resolve("view.bin"));
        String what =
                seed
                        + ": "
                        + type
                        + Arrays.toString(shape)
                        + " strides "
                        + Arrays.toString(strides);
        try (TorchFile file = TorchFile.open(path)) {
            StoredTensor tensor = file.tensors().get("x");
            byte[] expected = gather(data, type.bytes(), offset, shape, strides);
            assertThat(tensor.elements()).as(what).isEqualTo(expected.length / type.bytes());
            for (int i = 0; i < 8; i++) {
                int first = i == 0 ? 0 : random.nextInt((int) tensor.elements() + 1);
                int most = (int) tensor.elements() - first;
                int count = i == 0 ? most : random.nextInt(most + 1);
                byte[] actual = new byte[count * type.bytes()];
                tensor.readBytes(first, ByteBuffer.wrap(actual));
                assertThat(actual)
                        .as("%s from %s, %s elements", what, first, count)
                        .isEqualTo(
                                Arrays.copyOfRange(
                                        expected,
                                        first * type.bytes(),
                                        (first + count) * type.bytes()));
            }
        }
    }

    @Test
    void aLargeTransposedMatrixIsReadAcrossWindowsAndChunks() throws IOException {
        int rows = 1500;
        int columns = 1100;
        byte[] data = new byte[rows * columns * 2];
        new Random(7).nextBytes(data);
        long[] shape = {columns, rows};
        long[] strides = {1, columns};
        Path path =
                new TorchFixture()
                        .op('}')
                        .text("x")
                        .tensor(StoredType.I16, "0", (long) rows * columns, 0, shape, strides)
                        .op('s')
                        .data("0", data)
                        .zip(directory.resolve("large.bin"));
        try (TorchFile file = TorchFile.open(path)) {
            float[] actual = file.tensors().get("x").toFloats();
            byte[] gathered = gather(data, 2, 0, shape, strides);
            float[] expected = new float[rows * columns];
            ElementDecoder.toFloats(StoredType.I16, gathered, expected, 0, expected.length);
            assertThat(Arrays.equals(actual, expected)).isTrue();
        }
    }

    private static Integer[] shuffled(int rank, Random random) {
        Integer[] order = new Integer[rank];
        Arrays.setAll(order, i -> i);
        Collections.shuffle(Arrays.asList(order), random);
        return order;
    }

    private static byte[] gather(byte[] data, int size, int offset, long[] shape, long[] strides) {
        int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        byte[] out = new byte[elements * size];
        for (int i = 0; i < elements; i++) {
            long at = offset;
            int rest = i;
            for (int d = shape.length - 1; d >= 0; d--) {
                at += rest % shape[d] * strides[d];
                rest /= (int) shape[d];
            }
            System.arraycopy(data, (int) at * size, out, i * size, size);
        }
        return out;
    }
}
