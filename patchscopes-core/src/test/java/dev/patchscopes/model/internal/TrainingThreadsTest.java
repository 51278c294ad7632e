package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.TrainingBatch;
import dev.patchscopes.model.golden.GoldenFiles;
import dev.patchscopes.model.internal.family.Families;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Threads of a training that the system does not give. */
class TrainingThreadsTest {

    @Test
    void nobodyIsAtWorkWhenACallFailsForWantOfAThread() {
        Path directory = GoldenFiles.directory("gpt2");
        OutOfMemoryError none = new OutOfMemoryError("unable to create native thread");
        AtomicInteger asked = new AtomicInteger();
        AtomicBoolean done = new AtomicBoolean();
        try (Checkpoint checkpoint = Checkpoint.open(directory);
                TrainingRuntime runtime =
                        new TrainingRuntime(
                                Families.describe(checkpoint.config()),
                                ComputeType.FLOAT32,
                                2,
                                task -> {
                                    if (asked.getAndIncrement() > 0) {
                                        throw none;
                                    }
                                    return new Thread(task);
                                })) {
            TrainingBatch batch = TrainingBatch.of(new int[][] {{1, 2, 3}, {4, 5, 6}});
            assertThatThrownBy(
                            () ->
                                    runtime.visit(
                                            (at, values, gradients, count) -> {
                                                pause();
                                                done.set(true);
                                            },
                                            false))
                    .isSameAs(none);
            assertThat(done).isTrue();
            assertThatThrownBy(() -> runtime.run(batch, 1, true)).isSameAs(none);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
