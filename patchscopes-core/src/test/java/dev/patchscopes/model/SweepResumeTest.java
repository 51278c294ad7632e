package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sweeps that are stopped and stated again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SweepResumeTest {
    private static final TokenizedPrompt PROMPT = TokenizedPrompt.ofIds(7, 30, 12, 55, 81, 9);
    private static final TokenizedPrompt OTHER = TokenizedPrompt.ofIds(40, 41, 42, 43);

    @TempDir Path directory;
    private HookedModel model;
    private HookedModel text;

    @BeforeAll
    void load(@TempDir Path checkpoint) {
        model = TestModels.exact("llama_gqa_llama3");
        TextModel.writeTo(checkpoint);
        text = TextModel.exact(checkpoint);
    }

    @AfterAll
    void close() {
        model.close();
        text.close();
    }

    private Path file() {
        return directory.resolve("sweep" + System.nanoTime());
    }

    /** Cells of all kinds: computed together, alone, not at all, and from other base runs. */
    private static Sweep sweep(HookedModel model) {
        BaseRun noisy =
                new BaseRun(
                        OTHER,
                        ImmutableList.of(
                                Intervention.scale(HookPoint.embed(), Positions.at(1), 3)));
        float[] vector = TestModels.vector(3, model.width());
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            HookPoint point = HookPoint.residual(layer);
            cells.add(Cell.of(layer % 2, Intervention.replace(point, Positions.last(), vector)));
        }
        cells.add(Cell.of(1));
        cells.add(Cell.of(0, Intervention.mean(HookPoint.mlpOut(1), Positions.at(3))));
        cells.add(
                Cell.of(0)
                        .patched(
                                Patch.of(1, HookPoint.residual(2), Positions.at(1))
                                        .to(HookPoint.residual(1), Positions.at(4))));
        return model.sweep(BaseRun.of(PROMPT), noisy).cells(cells);
    }

    /** Stops once so many parts are finished, and hears of them. */
    private static final class Stopping implements Progress {
        private final long after;
        private final List<Long> heard = new ArrayList<>();

        Stopping(long after) {
            this.after = after;
        }

        @Override
        public void update(long done, long total, Duration elapsed) {
            heard.add(done);
        }

        @Override
        public boolean isCancelled() {
            return !heard.isEmpty() && heard.get(heard.size() - 1) >= after;
        }
    }

    private static int cellsIn(Path file) throws IOException {
        return Files.readAllLines(file).size() - 1;
    }

    /** Stops a sweep after each number of cells and goes on; says how many it was stopped with. */
    private void stopAndGoOn(Sweep sweep, Execution execution) throws IOException {
        Sweep stated = sweep.execution(execution).memoryBudget(1);
        List<CellResult> expected = stated.execute();
        int total = expected.size();
        boolean stoppedMidway = false;
        for (int after = 1; after <= total; after++) {
            Path file = file();
            Stopping stopping = new Stopping(after);
            Sweep first = stated.resume(file).progress(stopping);
            try {
                CellResults.assertEqual(first.execute(), expected);
            } catch (CancellationException e) {
                stoppedMidway = true;
            }
            int kept = cellsIn(file);
            Stopping rest = new Stopping(Long.MAX_VALUE);
            List<CellResult> results = stated.resume(file).progress(rest).execute();
            assertThat(rest.heard)
                    .as("with %d cells in the file", kept)
                    .isEqualTo(
                            LongStream.rangeClosed(kept == 0 ? 1 : kept, total).boxed().toList());
            for (int i = 0; i < total; i++) {
                CellResults.assertClose(results.get(i), expected.get(i));
            }
            assertThat(cellsIn(file)).isEqualTo(total);
            byte[] complete = Files.readAllBytes(file);
            CellResults.assertEqual(stated.resume(file).execute(), results);
            assertThat(file).hasBinaryContent(complete);
        }
        assertThat(stoppedMidway).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aStoppedSweepGoesOn(Execution execution) throws IOException {
        stopAndGoOn(sweep(model).reading(Reading.probabilitiesOf(5, 6)), execution);
        stopAndGoOn(sweep(model).reading(Reading.top(3).withDistribution()), execution);
        stopAndGoOn(sweep(model).reading(Reading.logitsOf(6, 5)), execution);
    }

    @ParameterizedTest
    @EnumSource
    void aStoppedSweepThatGeneratesGoesOn(Execution execution) throws IOException {
        stopAndGoOn(sweep(model).generate(3), execution);
        Sweep plain = sweep(text).generate(6);
        // a stop string that some cells meet and others do not
        String stop = plain.execute().get(1).generation().orElseThrow().text().substring(2, 4);
        Sweep stopped = sweep(text).generate(6, stop).reading(Reading.top(2).withDistribution());
        assertThat(
                        stopped.execute().stream()
                                .map(r -> r.generation().orElseThrow().reason())
                                .distinct())
                .contains(Generation.StopReason.STOP_STRING, Generation.StopReason.LENGTH);
        stopAndGoOn(stopped, execution);
    }

    @Test
    void whatWasComputedOneAtATimeIsEqualToTheBit() {
        Sweep sweep =
                sweep(model).reading(Reading.top(3).withDistribution()).execution(Execution.NAIVE);
        Path file = file();
        Sweep first = sweep.resume(file).progress(new Stopping(4));
        assertThatThrownBy(first::execute).isInstanceOf(CancellationException.class);
        CellResults.assertEqual(sweep.resume(file).execute(), sweep.execute());
    }

    @Test
    void onlyTheRestIsComputed() {
        AtomicInteger calls = new AtomicInteger();
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= model.layers(); layer++) {
            HookPoint point = HookPoint.residual(layer);
            cells.add(
                    Cell.of(0)
                            .patched(
                                    Patch.of(1, point, Positions.at(1))
                                            .mapped(
                                                    "counted",
                                                    v -> {
                                                        calls.incrementAndGet();
                                                        return v;
                                                    })));
        }
        Path file = file();
        Sweep sweep =
                model.sweep(BaseRun.of(PROMPT), BaseRun.of(OTHER))
                        .cells(cells)
                        .execution(Execution.NAIVE)
                        .resume(file);
        assertThatThrownBy(() -> sweep.progress(new Stopping(2)).execute())
                .isInstanceOf(CancellationException.class);
        assertThat(calls.getAndSet(0)).isEqualTo(2);
        sweep.execute();
        assertThat(calls.getAndSet(0)).isEqualTo(cells.size() - 2);
        sweep.execute();
        assertThat(calls.get()).isZero();
    }

    @Test
    void goesOnInAnotherExecutionAndBudget() throws IOException {
        Path file = file();
        Sweep sweep = sweep(model).resume(file);
        assertThatThrownBy(
                        () -> sweep.execution(Execution.NAIVE).progress(new Stopping(3)).execute())
                .isInstanceOf(CancellationException.class);
        assertThat(cellsIn(file)).isEqualTo(3);
        List<CellResult> expected = sweep(model).execute();
        List<CellResult> results = sweep.memoryBudget(1 << 20).execute();
        for (int i = 0; i < expected.size(); i++) {
            CellResults.assertClose(results.get(i), expected.get(i));
        }
    }

    @Test
    void keepsWhatWasFinishedBeforeAFailure() throws IOException {
        Path file = file();
        Sweep failing =
                sweep(model)
                        .execution(Execution.NAIVE)
                        .resume(file)
                        .progress(
                                (done, total, elapsed) -> {
                                    if (done == 3) {
                                        throw new IllegalStateException("the listener fails");
                                    }
                                });
        assertThatThrownBy(failing::execute).hasMessage("the listener fails");
        assertThat(cellsIn(file)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void aCellHeardOfIsInTheFile(Execution execution) throws IOException {
        Path file = file();
        Sweep sweep = sweep(model).generate(3).execution(execution).resume(file);
        Sweep failing =
                sweep.progress(
                        (done, total, elapsed) -> {
                            throw new IllegalStateException("the listener fails");
                        });
        assertThatThrownBy(failing::execute).hasMessage("the listener fails");
        assertThat(cellsIn(file)).isEqualTo(1);
        List<String> heard = new ArrayList<>();
        Progress rest =
                new Progress() {
                    @Override
                    public void resumed(long done) {
                        heard.add("resumed " + done);
                    }

                    @Override
                    public void update(long done, long total, Duration elapsed) {
                        heard.add("done " + done);
                    }
                };
        int cells = sweep.progress(rest).execute().size();
        assertThat(heard)
                .startsWith("resumed 1", "done 1", "done 2")
                .hasSize(1 + cells)
                .endsWith("done " + cells);
    }

    @ParameterizedTest
    @EnumSource
    void aSweepThatFailedBeforeItsFirstCellGoesOn(Execution execution) throws IOException {
        AtomicInteger calls = new AtomicInteger();
        Cell mapped =
                Cell.of(0)
                        .patched(
                                Patch.of(0, HookPoint.residual(1), Positions.at(1))
                                        .mapped(
                                                "fails once",
                                                v -> {
                                                    if (calls.getAndIncrement() == 0) {
                                                        throw new IllegalStateException("failed");
                                                    }
                                                    return new double[v.length];
                                                }));
        Sweep sweep =
                model.sweep(BaseRun.of(PROMPT))
                        .cells(List.of(mapped, Cell.of(0)))
                        .execution(execution);
        Path file = file();
        assertThatThrownBy(() -> sweep.resume(file).execute()).hasMessage("failed");
        assertThat(cellsIn(file)).isZero();
        CellResults.assertEqual(sweep.resume(file).execute(), sweep.execute());
        assertThat(cellsIn(file)).isEqualTo(2);

        Path refused = file();
        Cell wrong = Cell.of(0, Intervention.add(HookPoint.residual(1), Positions.last(), 1f));
        Sweep never = sweep.cells(List.of(wrong)).resume(refused);
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(never::execute).isInstanceOf(InterventionException.class);
            assertThat(cellsIn(refused)).isZero();
        }
    }

    @Test
    void anInterruptMayStopIt() throws IOException {
        Path file = file();
        Progress byInterrupt =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {
                        if (done == 2) {
                            Thread.currentThread().interrupt();
                        }
                    }

                    @Override
                    public boolean isCancelled() {
                        return Thread.currentThread().isInterrupted();
                    }
                };
        Sweep sweep = sweep(model).execution(Execution.NAIVE).resume(file).progress(byInterrupt);
        assertThatThrownBy(sweep::execute).isInstanceOf(CancellationException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(cellsIn(file)).isEqualTo(2);
    }

    @Test
    void aTornFileGoesOnWhereverItIsTorn() throws IOException {
        Path file = file();
        List<Cell> cells =
                List.of(
                        Cell.of(0),
                        Cell.of(0, Intervention.zero(HookPoint.residual(3), Positions.last())));
        Sweep sweep =
                model.sweep(BaseRun.of(PROMPT))
                        .cells(cells)
                        .reading(Reading.logitsOf(5))
                        .execution(Execution.NAIVE)
                        .resume(file);
        List<CellResult> expected = sweep.execute();
        byte[] whole = Files.readAllBytes(file);
        int header = Files.readAllLines(file).get(0).length() + 1;
        for (int length = header; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            CellResults.assertEqual(sweep.execute(), expected);
            assertThat(file).hasBinaryContent(whole);
        }
    }

    @Test
    void anotherSweepsFileIsRefused() throws IOException {
        Path file = file();
        Sweep sweep = sweep(model).resume(file);
        sweep.execute();
        byte[] before = Files.readAllBytes(file);
        assertThatThrownBy(() -> sweep.reading(Reading.top(2)).execute())
                .isInstanceOf(SweepJournalException.class)
                .hasMessageContaining(file + " holds another sweep");
        assertThatThrownBy(() -> sweep.cells(List.of(Cell.of(0))).execute())
                .isInstanceOf(SweepJournalException.class)
                .hasMessageContaining("this one has 1 cells");
        assertThat(file).hasBinaryContent(before);
    }

    @Test
    void functionsAreRefusedBeforeAFileIsMade() {
        Path file = file();
        Cell cell = Cell.of(0, Intervention.map(HookPoint.residual(1), Positions.last(), v -> v));
        Sweep sweep = sweep(model).cells(List.of(cell));
        assertThat(sweep.execute()).hasSize(1);
        assertThatThrownBy(() -> sweep.resume(file).execute())
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("map at last of blocks.0.hook_resid_post, of cell 0,");
        assertThat(file).doesNotExist();
    }

    @Test
    void aClosedModelAndNoCellsAreWhatTheyAlwaysWere() {
        Path file = file();
        assertThat(sweep(model).cells(List.of()).resume(file).execute()).isEmpty();
        Path other = file();
        HookedModel own = TestModels.exact("gpt2");
        Sweep sweep = sweep(own).resume(other);
        sweep.execute();
        own.close();
        assertThatThrownBy(sweep::execute).isInstanceOf(ModelClosedException.class);
    }
}
