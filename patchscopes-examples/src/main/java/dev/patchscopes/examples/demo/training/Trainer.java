package dev.patchscopes.examples.demo.training;

import dev.patchscopes.model.TrainableModel;
import dev.patchscopes.model.TrainableModel.Loss;
import dev.patchscopes.model.TrainingBatch;
import dev.patchscopes.model.TrainingSetup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Trains a model, from its first step or from the newest checkpoint.
 *
 * <p>Stopped and started again, it ends with the same weights, bit for bit, as if it had run
 * through.
 */
public final class Trainer {
    private final TrainerSettings settings;
    private final TrainingSetup setup;
    private final BatchSource source;
    private final Consumer<String> out;
    private final BooleanSupplier stop;

    /**
     * Makes a trainer.
     *
     * @param settings how to train
     * @param setup how to compute
     * @param source what to learn from
     * @param out takes lines of progress
     * @param stop asked before each step; where it says yes, a checkpoint is written and {@link
     *     CancellationException} thrown
     */
    public Trainer(
            TrainerSettings settings,
            TrainingSetup setup,
            BatchSource source,
            Consumer<String> out,
            BooleanSupplier stop) {
        this.settings = settings;
        this.setup = setup;
        this.source = source;
        this.out = out;
        this.stop = stop;
    }

    /**
     * Trains until the schedule ends or a step is reached.
     *
     * @param config config.json of the model
     * @param checkpoints where checkpoints are read from and written to
     * @param lastStep step to stop before, at most the schedule's number
     * @return the trained model; the caller closes it
     * @throws IOException if the disk fails
     */
    public TrainableModel train(Path config, Path checkpoints, long lastStep) throws IOException {
        TrainingState state = new TrainingState(checkpoints);
        Optional<Path> latest = state.latest();
        TrainableModel model =
                latest.isPresent()
                        ? TrainableModel.open(latest.get(), setup)
                        : TrainableModel.create(config, setup, settings.seed());
        try {
            AdamW optimiser = new AdamW(model, settings.decay(), settings.clip());
            long first = 0;
            if (latest.isPresent()) {
                TrainingState.Header header = TrainingState.header(latest.get());
                check(header, latest.get());
                TrainingState.restore(latest.get(), optimiser);
                first = header.step();
                out.accept("going on from step " + first + " in " + latest.get());
            }
            steps(model, optimiser, state, first, Math.min(lastStep, settings.schedule().steps()));
            return model;
        } catch (RuntimeException | IOException | Error e) {
            model.close();
            throw e;
        }
    }

    private void check(TrainingState.Header header, Path checkpoint) {
        if (header.seed() != settings.seed()
                || header.steps() != settings.schedule().steps()
                || !settings.recipe().equals(header.recipe())) {
            throw new IllegalArgumentException(
                    "%s was made with seed %d for %d steps (%s), not seed %d for %d (%s): give those, or another output directory"
                            .formatted(
                                    checkpoint,
                                    header.seed(),
                                    header.steps(),
                                    header.recipe(),
                                    settings.seed(),
                                    settings.schedule().steps(),
                                    settings.recipe()));
        }
    }

    private void steps(
            TrainableModel model, AdamW optimiser, TrainingState state, long first, long end)
            throws IOException {
        Window window = new Window();
        for (long step = first; step < end; step++) {
            if (stop.getAsBoolean()) {
                save(model, optimiser, state, step);
                throw new CancellationException(line("stopped after step %d", step));
            }
            TrainingBatch batch = source.training(step);
            Loss loss = model.accumulate(batch);
            double rate = settings.schedule().rate(step);
            double norm = optimiser.step(model, step, rate, loss.weight());
            window.add(loss, batch.count());
            long done = step + 1;
            if (done % settings.reportEvery() == 0 || done == end) {
                out.accept(window.line(done, settings.schedule().steps(), rate, norm));
                window = new Window();
            }
            if (done % settings.saveEvery() == 0 || done == end) {
                out.accept(line("step %d: held-out loss %.4f", done, heldOut(model).mean()));
                save(model, optimiser, state, done);
                window = new Window();
            }
        }
    }

    private void save(TrainableModel model, AdamW optimiser, TrainingState state, long done)
            throws IOException {
        long steps = settings.schedule().steps();
        state.save(
                model,
                optimiser,
                new TrainingState.Header(done, steps, settings.seed(), settings.recipe()));
    }

    /**
     * Computes the loss on all held-out batches.
     *
     * @param model the model
     * @return the loss
     */
    public Loss heldOut(TrainableModel model) {
        Loss sum = new Loss(0, 0);
        for (int i = 0; i < source.heldOutBatches(); i++) {
            sum = sum.plus(model.loss(source.heldOut(i)));
        }
        return sum;
    }

    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** The steps since the last line of progress. */
    private static final class Window {
        private final long start = System.nanoTime();
        private Loss loss = new Loss(0, 0);
        private long tokens;
        private long steps;

        void add(Loss next, int count) {
            loss = loss.plus(next);
            tokens += count;
            steps++;
        }

        String line(long done, long all, double rate, double norm) {
            double seconds = (System.nanoTime() - start) * 1e-9;
            long left = Math.round((all - done) * seconds / steps);
            return Trainer.line(
                    "step %d of %d  loss %.4f  rate %.2e  gradient %.2f  %.0f tokens/s  %d:%02d:%02d left",
                    done,
                    all,
                    loss.mean(),
                    rate,
                    norm,
                    tokens / seconds,
                    left / 3600,
                    left / 60 % 60,
                    left % 60);
        }
    }
}
