package dev.patchscopes.examples.demo.training;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.examples.demo.corpus.TaughtFacts;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.TrainableModel;
import dev.patchscopes.model.TrainingSetup;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Trains a demo model from a seed and writes it as an ordinary checkpoint in float16, with its
 * tokenizer and the facts it was taught, to {@code OUTPUT/model}.
 *
 * <p>Stopped at any time, the same command goes on from the last checkpoint.
 *
 * <pre>{@code
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.demo.training.TrainDemo \
 *     -Dexec.args="target/demo --steps 7000"
 * }</pre>
 */
public final class TrainDemo {
    private static final int TIMED_STEPS = 12;
    private static final double DECAY = 0.1;
    private static final double LONGEST_GRADIENT = 1;

    private TrainDemo() {}

    /**
     * Runs the training.
     *
     * @param arguments output directory and options
     * @throws IOException if the disk fails
     */
    public static void main(String[] arguments) throws IOException {
        try {
            train(arguments);
        } catch (CancellationException e) {
            System.out.println(e.getMessage());
        }
    }

    /**
     * Runs the training.
     *
     * @param arguments output directory and options
     * @throws IOException if the disk fails
     * @throws CancellationException if the process was asked to end; a checkpoint was written
     */
    public static void train(String... arguments) throws IOException {
        // each worker computes alone; set before the engine starts
        if (System.getProperty("ai.djl.pytorch.num_threads") == null) {
            System.setProperty("ai.djl.pytorch.num_threads", "1");
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        TrainDemoOptions options = TrainDemoOptions.of(arguments);
        // a process must not end while native code computes
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook =
                new Thread(
                        () -> {
                            stop.set(true);
                            boolean unused =
                                    Uninterruptibles.awaitUninterruptibly(
                                            ended, 1, TimeUnit.MINUTES);
                        });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            run(options, DemoText.of(options.seed()), out, stop::get);
        } finally {
            ended.countDown();
            if (!stop.get()) {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
    }

    static void run(TrainDemoOptions options, DemoText text, PrintStream out, BooleanSupplier stop)
            throws IOException {
        DemoShape shape = options.small() ? DemoShape.small() : DemoShape.demo();
        out.println(text.corpus());
        out.println(text.tokenizer());
        Path finished = options.output().resolve("model");
        text.writeTokenizer(finished.resolve("tokenizer.json"));
        writeFacts(TaughtFacts.of(text.corpus().knowledge()), finished.resolve("facts.json"));
        Path config = options.output().resolve("config.json");
        shape.write(config, text.tokenizer().size());
        BatchSource source =
                new CorpusSource(
                        text.corpus(),
                        text.tokenizer(),
                        options.rows(),
                        options.length(),
                        shape.layers());
        Path checkpoints = options.output().resolve("checkpoints");
        long steps = steps(options, checkpoints, config, source);
        Trainer trainer =
                new Trainer(
                        settings(options, steps),
                        TrainingSetup.standard(),
                        source,
                        out::println,
                        stop);
        try (TrainableModel model = trainer.train(config, checkpoints, steps)) {
            model.save(finished, StoredType.F16);
            out.printf(
                    Locale.ROOT,
                    "%d parameters, held-out loss %.4f, written to %s%n",
                    model.size(),
                    trainer.heldOut(model).mean(),
                    finished);
        }
    }

    /** Leaves a file alone that has the same facts: it may say which of them are answered. */
    private static void writeFacts(GroundTruth taught, Path file) throws IOException {
        boolean there =
                Files.exists(file)
                        && GroundTruth.read(file)
                                .answered(Set.of())
                                .equals(taught.answered(Set.of()));
        if (!there) {
            taught.write(file);
        }
    }

    private static TrainerSettings settings(TrainDemoOptions options, long steps) {
        long saveEvery = Math.max(1, Math.min(250, steps / 10));
        return new TrainerSettings(
                new Schedule(options.rate(), Math.min(300, steps / 10 + 1), steps, 0.05),
                DECAY,
                LONGEST_GRADIENT,
                Math.min(50, saveEvery),
                saveEvery,
                options.seed(),
                "%s, rows %d of %d, rate %s"
                        .formatted(
                                options.small() ? DemoShape.small() : DemoShape.demo(),
                                options.rows(),
                                options.length(),
                                options.rate()));
    }

    /** As many steps as fit the time; a training that goes on keeps its number. */
    private static long steps(
            TrainDemoOptions options, Path checkpoints, Path config, BatchSource source)
            throws IOException {
        if (options.steps().isPresent()) {
            return options.steps().getAsLong();
        }
        Optional<Path> latest = new TrainingState(checkpoints).latest();
        if (latest.isPresent()) {
            return TrainingState.header(latest.get()).steps();
        }
        try (TrainableModel model =
                TrainableModel.create(config, TrainingSetup.standard(), options.seed())) {
            AdamW optimiser = new AdamW(model, DECAY, LONGEST_GRADIENT);
            long start = 0;
            for (int i = 0; i < 2 * TIMED_STEPS; i++) {
                if (i == TIMED_STEPS) { // the first ones load code
                    start = System.nanoTime();
                }
                double weight = model.accumulate(source.training(i)).weight();
                optimiser.step(model, i, 1e-4, weight);
            }
            double seconds = (System.nanoTime() - start) * 1e-9 / TIMED_STEPS;
            return Math.max(1, Math.round(options.minutes().getAsDouble() * 60 / seconds));
        }
    }
}
