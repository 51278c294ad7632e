package dev.patchscopes.examples.demo.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TrainableModel;
import dev.patchscopes.model.TrainingSetup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of a tiny model on rows that repeat themselves. */
class TrainerTest {

    private static final long STEPS = 100;
    private static final int VOCABULARY = 12;
    private static final TrainingSetup SETUP = new TrainingSetup(ComputeType.FLOAT32, 2, 256);

    @TempDir Path directory;
    private final List<String> lines = new ArrayList<>();
    private boolean stopped;

    private Path config() throws IOException {
        Path config = directory.resolve("config.json");
        new DemoShape(32, 2, 4, 48, 32).write(config, VOCABULARY);
        return config;
    }

    private Trainer trainer(long seed) {
        return trainer(seed, "usual");
    }

    private Trainer trainer(long seed, String recipe) {
        return new Trainer(
                new TrainerSettings(
                        new Schedule(1e-2, 5, STEPS, 0.1), 0.1, 1, 10, 20, seed, recipe),
                SETUP,
                new PatternSource(VOCABULARY, 16, 17, seed),
                lines::add,
                () -> stopped);
    }

    @Test
    void theLossFallsOnRowsThatRepeatThemselves() throws IOException {
        try (TrainableModel fresh = TrainableModel.create(config(), SETUP, 1);
                TrainableModel trained = trainer(1).train(config(), directory, STEPS)) {
            double before = trainer(1).heldOut(fresh).mean();
            assertThat(before).isCloseTo(Math.log(VOCABULARY), within(0.2));
            assertThat(trainer(1).heldOut(trained).mean()).isLessThan(0.8 * before);
        }
        assertThat(lines).anyMatch(line -> line.contains("tokens/s") && line.contains("left"));
        assertThat(lines).anyMatch(line -> line.contains("held-out loss"));
    }

    @Test
    void goingOnEqualsRunningThrough() throws IOException {
        trainer(1).train(config(), directory.resolve("b"), 30).close();
        try (TrainableModel through = trainer(1).train(config(), directory.resolve("a"), STEPS)) {
            try (TrainableModel resumed =
                    trainer(1).train(config(), directory.resolve("b"), STEPS)) {
                assertThat(lines).anyMatch(line -> line.startsWith("going on from step 30"));
                for (String name : through.parameters().keySet()) {
                    assertThat(resumed.values(name)).as(name).isEqualTo(through.values(name));
                }
            }
        }
    }

    @Test
    void stoppedItLeavesACheckpoint() throws IOException {
        trainer(1).train(config(), directory.resolve("s"), 7).close();
        stopped = true;
        assertThatThrownBy(() -> trainer(1).train(config(), directory.resolve("s"), STEPS))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("step 7");
        assertThat(new TrainingState(directory.resolve("s")).latest())
                .contains(directory.resolve("s/step-00000007"));
    }

    @Test
    void onlyTheLastTwoCheckpointsAreKeptAndOnlyWholeOnesCount() throws IOException {
        trainer(1).train(config(), directory.resolve("c"), STEPS).close();
        try (Stream<Path> kept = Files.list(directory.resolve("c"))) {
            assertThat(kept.map(p -> p.getFileName().toString()))
                    .containsExactlyInAnyOrder("step-00000080", "step-00000100");
        }
        Files.createDirectories(directory.resolve("c/unfinished"));
        assertThat(new TrainingState(directory.resolve("c")).latest())
                .contains(directory.resolve("c/step-00000100"));
        assertThatThrownBy(() -> trainer(2).train(config(), directory.resolve("c"), STEPS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("seed 1");
        assertThatThrownBy(() -> trainer(1, "wider").train(config(), directory.resolve("c"), STEPS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("usual", "wider");
    }

    @Test
    void theExportLoadsAndSaysTheSame() throws IOException {
        try (TrainableModel model = trainer(1).train(config(), directory.resolve("d"), STEPS)) {
            Path export = directory.resolve("export");
            model.save(export, StoredType.F16);
            try (TrainableModel again = TrainableModel.open(export, SETUP);
                    HookedModel loaded = HookedModel.load(export)) {
                assertThat(trainer(1).heldOut(again).mean())
                        .isCloseTo(trainer(1).heldOut(model).mean(), within(2e-3));
                assertThat(loaded.summary().layers()).isEqualTo(2);
            }
        }
    }

    @Test
    void theProgramTrainsAndExports() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TrainDemoOptions options =
                TrainDemoOptions.of(
                        directory.toString(),
                        "--steps",
                        "2",
                        "--small",
                        "--rows",
                        "2",
                        "--length",
                        "9");
        TrainDemo.run(
                options,
                DemoText.of(1, 200),
                new PrintStream(bytes, true, StandardCharsets.UTF_8),
                () -> false);

        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("step 2 of 2", "parameters");
        try (HookedModel loaded = HookedModel.load(directory.resolve("model"))) {
            assertThat(loaded.generate("The capital of", 2).ids().length()).isLessThanOrEqualTo(2);
        }
        assertThat(GroundTruth.read(directory.resolve("model/facts.json")).facts()).isNotEmpty();
        assertThatThrownBy(() -> TrainDemoOptions.of("out")).hasMessageContaining("--minutes");
        assertThatThrownBy(() -> TrainDemoOptions.of("out", "--what", "1"))
                .hasMessageContaining("--what");
    }

    @Test
    void theRateRisesAndFalls() {
        Schedule schedule = new Schedule(1, 10, 110, 0.1);
        assertThat(schedule.rate(0)).isCloseTo(0.1, within(1e-12));
        assertThat(schedule.rate(9)).isCloseTo(1, within(1e-12));
        assertThat(schedule.rate(60)).isCloseTo(0.55, within(1e-12));
        assertThat(schedule.rate(110)).isCloseTo(0.1, within(1e-12));
    }
}
