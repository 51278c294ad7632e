package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Who may use a journal, and when it is written. */
class SweepJournalUseTest extends JournalFixture {
    @Test
    void aSecondUserIsRefused() throws IOException, InterruptedException {
        Path file = file();
        try (SweepJournal journal = open(file)) {
            List<String> elsewhere = ForkedJvm.run(SecondUser.class, file.toString());
            assertThat(elsewhere).containsExactly(file + " is in use");
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> open(file))
                        .isInstanceOf(SweepJournalException.class)
                        .hasMessage(
                                "%s is in use by another sweep, in this process or in another: wait until it ends, or choose another path"
                                        .formatted(file));
            }
            // What a process closes for one thread must not open the file to other processes.
            assertThat(ForkedJvm.run(SecondUser.class, file.toString()))
                    .containsExactly(file + " is in use");
            journal.append(0, result(5));
        }
        assertThat(finished(file)).containsOnlyKeys(0);
        assertThat(ForkedJvm.run(SecondUser.class, file.toString())).containsExactly("free");
    }

    /** Locks a journal as another process would. */
    static final class SecondUser {
        private SecondUser() {}

        public static void main(String[] file) throws IOException {
            try {
                SweepJournal.open(Path.of(file[0]), new JournalHeader("", 0, "", ""), JSON).close();
            } catch (SweepJournalException e) {
                String message = e.getMessage();
                int known = message.indexOf(" by another sweep");
                System.out.println(known < 0 ? "free" : message.substring(0, known));
            }
        }
    }

    @Test
    void ofManyWhoBeginAtOnceOneSucceeds() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 20; round++) {
                Path file = file();
                CyclicBarrier together = new CyclicBarrier(threads);
                CyclicBarrier after = new CyclicBarrier(threads);
                List<Callable<Boolean>> tries = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    int cell = i % 4;
                    tries.add(
                            () -> {
                                together.await();
                                Optional<SweepJournal> mine = tryOpen(file);
                                after.await(); // nobody closes it before all have tried
                                if (mine.isPresent()) {
                                    mine.get().append(cell, result(cell + 3));
                                    mine.get().close();
                                }
                                return mine.isPresent();
                            });
                }
                int opened = 0;
                for (Future<Boolean> done : pool.invokeAll(tries)) {
                    opened += done.get() ? 1 : 0;
                }
                assertThat(opened).isEqualTo(1);
                assertThat(finished(file)).hasSize(1);
            }
        } finally {
            pool.shutdown();
        }
    }

    private static Optional<SweepJournal> tryOpen(Path file) {
        try {
            return Optional.of(SweepJournal.open(file, HEADER, JSON));
        } catch (SweepJournalException e) {
            return Optional.empty();
        }
    }

    @Test
    void aFileThatSomethingElseWritesToIsLeftAlone() throws IOException {
        Path file = file();
        SweepJournal journal = open(file);
        journal.append(0, result(5));
        journal.flush();
        Files.writeString(file, "more", StandardOpenOption.APPEND);
        byte[] before = Files.readAllBytes(file);
        journal.append(1, result(6));
        assertThatThrownBy(journal::close)
                .isInstanceOf(SweepJournalException.class)
                .hasMessageContaining(
                        "%s has %d bytes, expected %d"
                                .formatted(file, before.length, before.length - 4));
        assertThat(file).hasBinaryContent(before);
        assertThat(finished(file)).as("free again").containsOnlyKeys(0);
    }

    @Test
    void isOnTheDiskAfterASecond() throws Exception {
        Path file = file();
        try (SweepJournal journal = open(file)) {
            long header = Files.size(file);
            journal.append(0, result(5));
            assertThat(Files.size(file)).as("too early").isEqualTo(header);
            Thread.sleep(1010);
            journal.flushIfDue();
            long one = Files.size(file);
            assertThat(one).isGreaterThan(header);
            journal.append(1, result(5));
            journal.flushIfDue();
            assertThat(Files.size(file)).as("too early again").isEqualTo(one);
            journal.flush();
            assertThat(Files.size(file)).isGreaterThan(one);
        }
    }

    @Test
    void muchIsWrittenAtOnce() throws IOException {
        CellResult large =
                new CellResult(
                        tokens(),
                        ImmutableDoubleArray.of(),
                        ImmutableDoubleArray.of(),
                        Optional.of(
                                TokenDistribution.ofLogits(
                                        new Random(5).doubles(1_600_000).toArray(),
                                        Optional.empty())),
                        ImmutableDoubleArray.of(),
                        Optional.empty());
        Path file = file();
        try (SweepJournal journal = open(file)) {
            journal.append(0, large);
            assertThat(Files.size(file)).isGreaterThan(17_000_000);
        }
        CellResults.assertEqual(finished(file).get(0), large);
    }

    @Test
    void anInterruptedThreadWritesAllTheSame() {
        Path file = file();
        Thread.currentThread().interrupt();
        try (SweepJournal journal = open(file)) {
            journal.append(0, result(5));
        }
        assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        assertThat(finished(file)).containsOnlyKeys(0);
    }
}
