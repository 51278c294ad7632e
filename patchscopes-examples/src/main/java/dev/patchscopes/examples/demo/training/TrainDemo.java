package dev.patchscopes.examples.demo.training;

import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.model.TrainableModel;
import dev.patchscopes.model.TrainingSetup;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Trains a demo model from a seed and writes it as an ordinary checkpoint in float16.
 *
 * <p>Stopped at any time, the same command goes on from the last checkpoint.
 */
public final class TrainDemo {
    private static final int VOCABULARY = 2048;
    private static final int END_OF_TEXT = 0;
    private static final int TIMED_STEPS = 12;

    private TrainDemo() {}

    /**
     * Runs the training.
     *
     * @param arguments output directory and options
     * @throws IOException if the disk fails
     */
    public static void main(String[] arguments) throws IOException {
        // each worker computes alone; set before the engine starts
        if (System.getProperty("ai.djl.pytorch.num_threads") == null) {
            System.setProperty("ai.djl.pytorch.num_threads", "1");
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        run(TrainDemoOptions.of(arguments), out);
    }

    static void run(TrainDemoOptions options, PrintStream out) throws IOException {
        DemoShape shape = options.small() ? DemoShape.small() : DemoShape.demo();
        // corpus and tokenizer will be built here, and decide vocabulary and batches
        BatchSource source =
                new PatternSource(VOCABULARY, options.rows(), options.length(), options.seed());
        Path config = options.output().resolve("config.json");
        shape.write(config, VOCABULARY, END_OF_TEXT);
        Path checkpoints = options.output().resolve("checkpoints");
        long steps = steps(options, checkpoints, config, source);
        TrainerSettings settings =
                new TrainerSettings(
                        new Schedule(options.rate(), Math.min(300, steps / 10 + 1), steps, 0.05),
                        0.1,
                        1,
                        50,
                        1000,
                        options.seed());
        Trainer trainer = new Trainer(settings, TrainingSetup.standard(), source, out::println);
        try (TrainableModel model = trainer.train(config, checkpoints, steps)) {
            Path finished = options.output().resolve("model");
            model.save(finished, StoredType.F16);
            out.printf(
                    Locale.ROOT,
                    "%d parameters, held-out loss %.4f, written to %s%n",
                    model.size(),
                    trainer.heldOut(model).mean(),
                    finished);
        }
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
            AdamW optimiser = new AdamW(model, 0.1, 1);
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
