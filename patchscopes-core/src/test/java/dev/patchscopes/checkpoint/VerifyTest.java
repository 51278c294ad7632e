package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files compared with their digests and check sums, those of Python among them. */
class VerifyTest {
    private static final int LENGTH = 100_000;

    @TempDir Path directory;

    private static boolean safetensors(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return file.verify();
        }
    }

    private static boolean torch(Path path) {
        try (TorchFile file = TorchFile.open(path)) {
            return file.verify();
        }
    }

    private Path ofSafetensors() {
        Path path = directory.resolve("x.safetensors");
        new SafetensorsWriter().metadata("a", "b").add("x", new float[LENGTH], LENGTH).write(path);
        return path;
    }

    private Path ofTorch() {
        Path path = directory.resolve("x.pt");
        new TorchWriter().add("x", new float[LENGTH], LENGTH).write(path);
        return path;
    }

    @Test
    void filesOfPythonHaveNoDigestOrFitTheirCheckSums() {
        assertThat(safetensors(Golden.path("llama/model.safetensors"))).isFalse();
        assertThat(torch(Golden.path("edge_pickle/legacy.bin"))).isFalse();
        assertThat(torch(Golden.path("edge_pickle/zip.bin"))).isTrue();
        assertThat(torch(Golden.path("llama/bin/pytorch_model.bin"))).isTrue();
        try (Checkpoint split = Checkpoint.open(Golden.path("llama/bin_sharded"))) {
            assertThat(split.verify()).isTrue();
        }
    }

    @Test
    void anotherBitOfTheNumbersIsNoticed() throws IOException {
        assertNoticed(ofSafetensors(), VerifyTest::safetensors);
        assertNoticed(ofTorch(), VerifyTest::torch);
    }

    private static void assertNoticed(Path path, Predicate<Path> verify) throws IOException {
        assertThat(verify.test(path)).isTrue();
        byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length / 2] ^= 1;
        Files.write(path, bytes);
        assertThatThrownBy(() -> verify.test(path))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("not what");
    }

    @Test
    void anInterruptStopsIt() {
        assertStops(ofSafetensors(), VerifyTest::safetensors);
        assertStops(ofTorch(), VerifyTest::torch);
    }

    private static void assertStops(Path path, Predicate<Path> verify) {
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> verify.test(path))
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("was stopped by an interrupt of its thread after");
        } finally {
            assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        }
    }
}
