package dev.patchscopes.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two processes and one sweep file. */
class SweepProcessesTest extends JournalFixture {
    private static final int ROUNDS = 20;
    private static final long PATIENCE_MILLIS = 60_000;

    private static Sweep sweep(HookedModel model) {
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int position = 0; position < 4; position++) {
                cells.add(
                        Cell.of(
                                0,
                                Intervention.scale(
                                        HookPoint.residual(layer), Positions.at(position), 2)));
            }
        }
        return model.sweep(BaseRun.of(TokenizedPrompt.ofIds(7, 30, 12, 55)))
                .cells(cells)
                .execution(Execution.NAIVE);
    }

    /** A sweep whose every cell takes so long that it cannot end by itself. */
    static final class SlowSweep {
        private SlowSweep() {}

        public static void main(String[] file) {
            try (HookedModel model = TestModels.exact("gpt2")) {
                sweep(model)
                        .progress(
                                new Progress() {
                                    @Override
                                    public void update(long done, long total, Duration elapsed) {
                                        try {
                                            Thread.sleep(done < 4 ? 400 : PATIENCE_MILLIS);
                                        } catch (InterruptedException e) {
                                            Thread.currentThread().interrupt();
                                        }
                                    }
                                })
                        .resume(Path.of(file[0]))
                        .execute();
            }
        }
    }

    @Test
    void aKilledSweepIsGoneOnWithByAnotherProcess() throws Exception {
        Path file = file();
        try (HookedModel model = TestModels.exact("gpt2")) {
            ImmutableList<CellResult> undisturbed = sweep(model).execute();
            Process first = ForkedJvm.start(SlowSweep.class, file.toString());
            try {
                long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
                while (!Files.exists(file) || lines(file) < 3) {
                    assertThat(first.isAlive() && System.nanoTime() < end).isTrue();
                    Thread.sleep(10);
                }
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(() -> sweep(model).resume(file).execute())
                            .isInstanceOf(SweepJournalException.class)
                            .hasMessageContaining(file + " is in use by another sweep");
                }
            } finally {
                first.destroyForcibly().waitFor(); // kill -9
            }
            long[] found = {0};
            Progress listener =
                    new Progress() {
                        @Override
                        public void update(long done, long total, Duration elapsed) {}

                        @Override
                        public void resumed(long done) {
                            found[0] = done;
                        }
                    };
            ImmutableList<CellResult> rest = sweep(model).progress(listener).resume(file).execute();
            assertThat(found[0]).isBetween(1L, undisturbed.size() - 1L);
            assertThat(rest).hasSameSizeAs(undisturbed);
            for (int i = 0; i < rest.size(); i++) {
                CellResults.assertEqual(rest.get(i), undisturbed.get(i));
            }
            assertThat(sweep(model).progress(listener).resume(file).execute())
                    .hasSameSizeAs(undisturbed);
            assertThat(found[0]).as("all cells are found").isEqualTo(undisturbed.size());
        }
    }

    private static long lines(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        }
    }

    /** Opens a journal whenever it is told a name, and closes it at the next line. */
    static final class Opener {
        private Opener() {}

        public static void main(String[] cell) throws IOException {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
            System.out.println("ready");
            for (String name = in.readLine(); name != null; name = in.readLine()) {
                Optional<SweepJournal> journal = tryOpen(Path.of(name));
                System.out.println(journal.isPresent() ? "won" : "lost");
                in.readLine();
                journal.ifPresent(
                        mine -> {
                            mine.append(Integer.parseInt(cell[0]), result(5));
                            mine.close();
                        });
                System.out.println("closed");
            }
        }

        private static Optional<SweepJournal> tryOpen(Path file) {
            try {
                return Optional.of(open(file));
            } catch (SweepJournalException e) {
                return Optional.empty();
            }
        }
    }

    /** A process that answers each line with one. */
    private record Talk(Process process, PrintStream to, BufferedReader from) {
        static Talk start(int cell) throws IOException {
            Process process = ForkedJvm.start(Opener.class, Integer.toString(cell));
            return new Talk(
                    process,
                    new PrintStream(process.getOutputStream(), true, UTF_8),
                    new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)));
        }
    }

    @Test
    void ofTwoProcessesThatBeginAtOnceOneSucceeds() throws Exception {
        List<Talk> two = List.of(Talk.start(0), Talk.start(1));
        try {
            for (Talk each : two) {
                assertThat(each.from.readLine()).isEqualTo("ready");
            }
            for (int round = 0; round < ROUNDS; round++) {
                Path file = file();
                two.forEach(each -> each.to.println(file));
                List<String> said = answers(two);
                assertThat(said).as("round %d", round).containsExactlyInAnyOrder("won", "lost");
                two.forEach(each -> each.to.println("close"));
                answers(two);
                assertThat(finished(file)).containsOnlyKeys(said.indexOf("won"));
            }
            try (Stream<Path> left = Files.list(directory)) {
                assertThat(left).hasSize(ROUNDS);
            }
        } finally {
            two.forEach(each -> each.process.destroyForcibly());
        }
    }

    private static List<String> answers(List<Talk> all) throws IOException {
        List<String> said = new ArrayList<>();
        for (Talk each : all) {
            said.add(each.from.readLine());
        }
        return said;
    }
}
