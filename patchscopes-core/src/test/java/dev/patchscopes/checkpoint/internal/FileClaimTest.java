package dev.patchscopes.checkpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One claim at a time, however it ends. */
class FileClaimTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 2000;

    @TempDir Path directory;

    @Test
    void closingTwiceDoesNotGiveAwayWhatIsAnotherClaim() throws IOException {
        Path file = directory.resolve("file");
        FileClaim first = FileClaim.take(file).orElseThrow();
        assertThat(FileClaim.take(file)).isEmpty();
        first.close();
        FileClaim second = FileClaim.take(file).orElseThrow();
        first.close();
        first.deleteAndClose();
        assertThat(file).exists();
        assertThat(FileClaim.take(file)).isEmpty();
        second.deleteAndClose();
        assertThat(file).doesNotExist();
    }

    @Test
    void whoeverDeletesItsFileDisturbsNobodyWhoWantsIt() throws Exception {
        Path file = directory.resolve("lock");
        AtomicInteger holders = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                all.add(
                        threads.submit(
                                () -> {
                                    int most = 0;
                                    for (int round = 0; round < ROUNDS; round++) {
                                        Optional<FileClaim> claim = FileClaim.take(file);
                                        if (claim.isPresent()) {
                                            most = Math.max(most, holders.incrementAndGet());
                                            holders.decrementAndGet();
                                            claim.get().deleteAndClose();
                                        }
                                    }
                                    return most;
                                }));
            }
            for (Future<Integer> each : all) {
                assertThat(each.get()).isLessThanOrEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(Files.exists(file)).isFalse();
    }
}
