package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged copies of good files are either read or refused by a typed exception, cheaply. */
class MutationTest {

    private static final int MUTANTS = 2000;
    private static final long MOST_ALLOCATED = 16L << 20;

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "edge_pickle/zip.bin",
                "edge_pickle/legacy.bin",
                "edge_pickle/nested.bin",
                "edge_pickle/expected.safetensors",
                "llama/st_sharded/model.safetensors.index.json",
                "llama/config.json"
            })
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aDamagedFileIsReadOrRefused(String name) throws IOException {
        byte[] good = Files.readAllBytes(Golden.path(name));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Path path = directory.resolve(name.substring(name.lastIndexOf('/') + 1));
        int refused = 0;
        for (long seed = 0; seed < MUTANTS; seed++) {
            Files.write(path, mutate(good, new Random(seed)));
            String what = name + " damaged with seed " + seed;
            long before = threads.getCurrentThreadAllocatedBytes();
            boolean read = isRead(path, what);
            if (threads.getCurrentThreadAllocatedBytes() - before > MOST_ALLOCATED) {
                // Loading classes allocates too, but not a second time.
                before = threads.getCurrentThreadAllocatedBytes();
                assertThat(isRead(path, what)).isEqualTo(read);
                assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                        .as("bytes allocated for %s", what)
                        .isLessThan(MOST_ALLOCATED);
            }
            refused += read ? 0 : 1;
        }
        assertThat(refused).as("refused of %s", name).isBetween(MUTANTS / 10, MUTANTS);
    }

    /** Whether the file is read; false if it is refused as it should be. */
    private static boolean isRead(Path path, String what) {
        try {
            readAll(path);
            return true;
        } catch (CheckpointException e) {
            assertThat(e.getMessage()).contains(path.toString());
            return false;
        } catch (Throwable e) {
            throw new AssertionError(what, e);
        }
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good.clone();
        switch (random.nextInt(4)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> {
                int at = random.nextInt(bytes.length);
                int length = Math.min(1 + random.nextInt(8), bytes.length - at);
                Arrays.fill(bytes, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
            }
            case 2 -> {
                for (int i = random.nextInt(20); i >= 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            default -> {
                int at = random.nextInt(bytes.length);
                bytes[at] ^= (byte) (1 << random.nextInt(8));
            }
        }
        return bytes;
    }

    private static void readAll(Path path) {
        String name = path.toString();
        if (name.endsWith("index.json")) {
            assertThat(WeightIndex.read(path)).isNotNull();
        } else if (name.endsWith(".json")) {
            ModelConfig config = ModelConfig.read(path);
            double sum = config.integer("hidden_size") + config.number("rms_norm_eps");
            assertThat(config.modelType() + sum).isNotEmpty();
        } else if (name.endsWith(".safetensors")) {
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                file.tensors().values().forEach(MutationTest::readEnds);
            }
        } else {
            try (TorchFile file = TorchFile.open(path)) {
                file.tensors().values().forEach(MutationTest::readEnds);
            }
        }
    }

    /** The first and the last elements, at most a few kilobytes of each tensor. */
    private static void readEnds(StoredTensor tensor) {
        int count = (int) Math.min(500, tensor.elements());
        double[] values = new double[count];
        tensor.read(0, values, 0, count);
        tensor.readBytes(
                tensor.elements() - count, ByteBuffer.allocate(count * tensor.type().bytes()));
    }
}
