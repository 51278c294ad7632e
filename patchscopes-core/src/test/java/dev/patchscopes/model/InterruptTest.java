package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where an interrupt meets hooks, journals and other threads. */
class InterruptTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(3, 6);
    private static HookedModel model;

    @TempDir private Path own;

    @BeforeAll
    static void load() {
        model = TestModels.exact("gpt2");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @AfterEach
    void notInterrupted() {
        Thread.interrupted();
    }

    /** Hooks at every block that count, the one of {@code block} interrupting its own thread. */
    private static List<Intervention> interrupting(int block, List<Integer> computed) {
        List<Intervention> hooks = new ArrayList<>();
        for (int b = 0; b < model.layers(); b++) {
            int at = b;
            hooks.add(
                    Intervention.custom(
                            HookPoint.mlpOut(b),
                            (x, context) -> {
                                computed.add(at);
                                if (at == block) {
                                    Thread.currentThread().interrupt();
                                }
                                return x;
                            }));
        }
        return hooks;
    }

    @Test
    void noBlockIsComputedAfterTheOneThatIsInterrupted() {
        for (int block = 0; block < model.layers(); block++) {
            List<Integer> computed = new ArrayList<>();
            List<Intervention> hooks = interrupting(block, computed);
            assertThatThrownBy(() -> model.run(PROMPT).intervene(hooks).execute())
                    .isInstanceOf(CancellationException.class)
                    .hasMessage(
                            "gpt2 was stopped by an interrupt of its thread after %d of %d blocks",
                            block + 1, model.layers());
            assertThat(Thread.interrupted()).isTrue();
            assertThat(computed).hasSize(block + 1);
        }
    }

    @Test
    void aGenerationSaysHowFarItHadCome() {
        int[] tokens = {0};
        assertThatThrownBy(
                        () ->
                                model.generation(PROMPT)
                                        .maxNewTokens(9)
                                        .ignoringEndOfText()
                                        .progress(
                                                (done, total, elapsed) -> {
                                                    tokens[0]++;
                                                    if (done == 4) {
                                                        Thread.currentThread().interrupt();
                                                    }
                                                })
                                        .run())
                .isInstanceOf(CancellationException.class)
                .hasMessage(
                        "the generation was stopped after 4 of 9 tokens: gpt2 was stopped by an interrupt of its thread after 0 of %d blocks",
                        model.layers());
        assertThat(tokens[0]).isEqualTo(4);
    }

    @Test
    void aGenerationTellsOfEachToken() {
        List<Long> done = new ArrayList<>();
        model.generation(PROMPT)
                .maxNewTokens(5)
                .ignoringEndOfText()
                .progress((tokens, total, elapsed) -> done.add(tokens * 10 + total))
                .run();
        assertThat(done).containsExactly(15L, 25L, 35L, 45L, 55L);
    }

    @Test
    void whatAHookThrowsComesOutAsItIs() {
        IllegalStateException own = new IllegalStateException("interrupted while it waited");
        assertThatThrownBy(
                        () ->
                                model.run(PROMPT)
                                        .intervene(
                                                Intervention.custom(
                                                        HookPoint.mlpOut(1),
                                                        (x, context) -> {
                                                            Thread.currentThread().interrupt();
                                                            throw own;
                                                        }))
                                        .execute())
                .isSameAs(own);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void loadingCountsEveryByteOfTheWeights() {
        List<Long> heard = new ArrayList<>();
        long[] last = new long[2];
        Progress listener =
                (done, total, elapsed) -> {
                    heard.add(done);
                    last[0] = done;
                    last[1] = total;
                };
        HookedModel.loader(TestModels.directory("llama")).progress(listener).load().close();
        assertThat(heard).isSorted().hasSizeGreaterThan(10);
        assertThat(last[0]).isEqualTo(last[1]).isPositive();
    }

    @Test
    void statesCarriedOnBeforeTheInterruptAreReleased() throws Exception {
        try (TensorActivations acts = model.run(PROMPT).capture(HookPoint.residual(1)).tensors()) {
            NDArray h = acts.get(HookPoint.residual(1));
            int before = acts.manager().getManagedArrays().size();
            AtomicReference<Throwable> end = new AtomicReference<>();
            Thread thread =
                    new Thread("carrying on") {
                        private int questions;

                        @Override
                        public void run() {
                            try {
                                model.readout().throughLastBlocks(1, PROMPT, List.of(h, h, h));
                            } catch (Throwable e) {
                                end.set(e);
                            }
                        }

                        @Override
                        public boolean isInterrupted() {
                            if (++questions == 3) { // once a state
                                interrupt();
                            }
                            return super.isInterrupted();
                        }
                    };
            thread.start();
            thread.join();
            assertThat(end.get()).isInstanceOf(CancellationException.class);
            assertThat(acts.manager().getManagedArrays()).hasSize(before);
        }
    }

    @Test
    void aDemoModelThatIsStoppedLeavesNoFiles() {
        AtomicReference<Path> files = new AtomicReference<>();
        assertThatThrownBy(
                        () ->
                                DemoModel.SMALL.load(
                                        loader -> {
                                            String text = loader.toString(); // ModelLoader[files,
                                            int end = text.indexOf(',');
                                            files.set(
                                                    Path.of(
                                                            text.substring(
                                                                    text.indexOf('[') + 1, end)));
                                            assertThat(files.get()).isNotEmptyDirectory();
                                            Thread.currentThread().interrupt();
                                            return loader;
                                        }))
                .isInstanceOf(CancellationException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(files.get()).doesNotExist();
    }

    // ---- a sweep and its file -------------------------------------------------------------------

    private Sweep sweep(Path file) {
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            cells.add(
                    Cell.of(
                            0,
                            Intervention.scale(
                                    HookPoint.residual(i % model.layers()),
                                    Positions.at(i % 5),
                                    0.1 * i)));
        }
        return model.sweep(BaseRun.of(PROMPT)).cells(cells).memoryBudget(1).resume(file);
    }

    @Test
    void anInterruptedSweepKeepsWhatWasFinishedAndGoesOn() {
        Path file = own.resolve("sweep");
        List<CellResult> whole = sweep(own.resolve("other")).execute();
        assertThatThrownBy(
                        () ->
                                sweep(file)
                                        .progress(
                                                (done, total, elapsed) -> {
                                                    if (done == 7) {
                                                        Thread.currentThread().interrupt();
                                                    }
                                                })
                                        .execute())
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("the sweep was stopped after 7 of 24 cells")
                .hasMessageContaining("interrupt of its thread");
        assertThat(Thread.interrupted()).isTrue();
        long[] resumed = {0};
        Progress listener =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public void resumed(long done) {
                        resumed[0] = done;
                    }
                };
        assertThat(sweep(file).progress(listener).execute()).hasToString(whole.toString());
        assertThat(resumed[0]).isEqualTo(7);
    }

    @Test
    void anInterruptedThreadBeginsNoSweepAndNoFile() {
        Path file = own.resolve("sweep");
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> sweep(file).execute())
                .isInstanceOf(CancellationException.class)
                .hasMessage(
                        "the sweep was stopped by an interrupt of its thread after 0 of 24 cells");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(file).doesNotExist();
    }

    /** An interrupt may come while the file is written, and closes it; Java asks for it there. */
    @RepeatedTest(3)
    void anInterruptWhileTheFileIsWrittenLosesNothing() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path file = own.resolve("sweep");
        AtomicReference<Throwable> end = new AtomicReference<>();
        long[] done = {0};
        Thread thread =
                new Thread("sweeping") {
                    private int left = 1 + random.nextInt(12);

                    @Override
                    public void run() {
                        try {
                            sweep(file)
                                    .progress((cells, total, elapsed) -> done[0] = cells)
                                    .execute();
                        } catch (Throwable e) {
                            end.set(e);
                        }
                    }

                    @Override
                    public boolean isInterrupted() {
                        boolean inFile =
                                StackWalker.getInstance()
                                        .walk(
                                                frames ->
                                                        frames.anyMatch(
                                                                f ->
                                                                        f.getMethodName()
                                                                                .equals(
                                                                                        "writePending")));
                        if (inFile && left-- == 1) {
                            interrupt();
                        }
                        return super.isInterrupted();
                    }
                };
        thread.start();
        thread.join();
        if (end.get() != null) {
            assertThat(end.get()).isInstanceOf(CancellationException.class);
        }
        assertThat(Files.readAllLines(file)).hasSize((int) done[0] + 1);
        assertThat(sweep(file).execute()).hasSize(24);
    }

    // ---- training -------------------------------------------------------------------------------

    @Test
    void anInterruptReachesTheThreadsOfATraining() throws Exception {
        TrainingSetup setup = new TrainingSetup(ComputeType.FLOAT64, 2, 8);
        int[][] tokens = new int[4000][];
        for (int row = 0; row < tokens.length; row++) {
            tokens[row] = TestModels.prompt(row, 9).ids().toArray();
        }
        TrainingBatch few = TrainingBatch.of(Arrays.copyOf(tokens, 12));
        TrainingBatch many = TrainingBatch.of(tokens); // for minutes, undisturbed or nearly
        try (TrainableModel training = TrainableModel.open(TestModels.directory("gpt2"), setup)) {
            double loss = training.accumulate(few).sum();
            double norm = training.gradientNorm();
            training.clearGradients();
            AtomicReference<Throwable> end = new AtomicReference<>();
            boolean[] interrupted = {false};
            Thread thread =
                    new Thread(
                            () -> {
                                try {
                                    training.accumulate(many);
                                } catch (Throwable e) {
                                    end.set(e);
                                }
                                interrupted[0] = Thread.interrupted();
                            });
            thread.start();
            while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
                Thread.sleep(1); // until it waits for its workers
            }
            thread.interrupt();
            thread.join();
            assertThat(end.get())
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("stopped by an interrupt of its thread");
            assertThat(interrupted[0]).isTrue();
            training.clearGradients();
            assertThat(training.accumulate(few).sum()).isEqualTo(loss);
            assertThat(training.gradientNorm()).isEqualTo(norm);
            Thread.currentThread().interrupt();
            double[] before = training.values("transformer.wte.weight");
            assertThatThrownBy(() -> training.update((at, v, g, count) -> v[0] = 1))
                    .isInstanceOf(CancellationException.class);
            Thread.interrupted();
            assertThat(training.values("transformer.wte.weight")).isEqualTo(before);
        }
    }
}
