package dev.patchscopes.examples.cli;

import static dev.patchscopes.examples.cli.FormatsTest.and;
import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Progress, and how long work is stopped and gone on with. */
class WorkTest {

    private static final String[] GRID = {
        "patch", "-m", "demo-small", "--source", "Marie Curie", "--grid", "--tokens", "3"
    };

    private static final String[] TRAIN = {
        "train-lens",
        "-m",
        "demo-small",
        "--texts",
        "demo",
        "--first",
        "300",
        "--steps",
        "6",
        "--tokens",
        "128",
        "--repeating"
    };

    @TempDir private Path folder;

    @Test
    void aBarIsDrawnWhereSomebodyLooks() {
        String[] args = {
            "trace", "-m", "demo-small", "--facts", "demo", "--limit", "3", "--copies", "1"
        };
        Program watched = Program.run(true, () -> false, args);
        assertThat(watched.status()).as(watched.err()).isZero();
        // Time taken, and time left.
        assertThat(watched.err()).containsPattern("tracing +\\d+% \\[[=> ]+] +\\d/3 \\(.+ / .+\\)");
        assertThat(watched.out()).doesNotContain("/3 (");

        assertThat(Program.run(args).err()).isEmpty();
        assertThat(Program.run(true, () -> false, and(args, "--quiet")).err()).isEmpty();
    }

    @Test
    void aStoppedGridGoesOnWithWhatIsFinished() {
        Path journal = folder.resolve("grid.journal");
        String[] args = and(GRID, "--resume", journal.toString());

        Program stopped = Program.run(false, after(12), args);
        assertThat(stopped.status()).as(stopped.err()).isEqualTo(130);
        assertThat(stopped.out()).isEmpty();
        assertThat(stopped.err()).startsWith("cancelled; ").contains(journal.toString());

        assertThat(Program.output(args)).isEqualTo(Program.output(GRID));
        // 7 x 7 pairs of layers, and the target prompt as it is.
        assertThat(Program.run(args).err()).contains("going on: 50 parts were finished before");

        Program without = Program.run(false, after(1), GRID);
        assertThat(without.status()).isEqualTo(130);
        assertThat(without.err()).contains("with --resume FILE");
    }

    @Test
    void aStoppedTrainingGoesOnToTheSameLens() throws IOException {
        Path whole = folder.resolve("whole");
        Path parted = folder.resolve("parted");
        Path snapshot = folder.resolve("parted.snapshot");
        Path losses = folder.resolve("losses.csv");
        String history = Program.output(and(TRAIN, "-o", whole.toString()));

        String[] args = and(TRAIN, "-o", parted.toString());
        // Asked between layers: of the second step, some.
        Program stopped = Program.run(false, after(10), args);
        assertThat(stopped.status()).as(stopped.err()).isEqualTo(130);
        assertThat(stopped.err()).contains(snapshot + " holds what was reached");
        assertThat(parted).doesNotExist();
        assertThat(Program.run(args).err()).contains("go on with --resume, or delete it");

        String resumed = Program.output(and(args, "--resume", "--history", losses.toString()));
        assertThat(resumed).isEqualTo(history).contains("6 steps");
        assertThat(snapshot).doesNotExist();
        assertThat(Files.readAllBytes(parted.resolve("params.safetensors")))
                .isEqualTo(Files.readAllBytes(whole.resolve("params.safetensors")));
        assertThat(losses).content().startsWith("step,layer_0").hasLineCount(7);

        assertThat(
                        Program.output(
                                "read",
                                "-m",
                                "demo-small",
                                "--prompt",
                                "The capital of France is",
                                "--lens",
                                "tuned",
                                "--lens-dir",
                                parted.toString(),
                                "--positions",
                                "last"))
                .contains("tuned lens", "Paris");
    }

    @Test
    void anInterruptionWaitsForWorkThatHeeds() throws InterruptedException {
        Interruption interruption = Interruption.listen();
        assertThat(interruption.getAsBoolean()).isFalse();
        Thread ending = new Thread(interruption::stop);
        ending.start();
        while (!interruption.getAsBoolean()) {
            Thread.onSpinWait();
        }
        assertThat(ending.isAlive()).isTrue();
        interruption.close();
        ending.join(10_000);
        assertThat(ending.isAlive()).isFalse();
    }

    @Test
    void loadingIsStopped() {
        Program stopped = Program.run(false, () -> true, GRID);
        assertThat(stopped.status()).isEqualTo(130);
        assertThat(stopped.err()).startsWith("cancelled");
        assertThat(stopped.out()).isEmpty();
    }

    /** Stops when asked for the n-th time after the model has been loaded. */
    private static BooleanSupplier after(int n) {
        AtomicInteger asked = new AtomicInteger();
        int loading = questionsOfLoading();
        return () -> asked.incrementAndGet() >= loading + n;
    }

    private static int questionsOfLoading() {
        AtomicInteger asked = new AtomicInteger();
        Progress counting =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        asked.incrementAndGet();
                        return false;
                    }
                };
        DemoModel.SMALL.load(loader -> loader.progress(counting)).close();
        return asked.get();
    }
}
