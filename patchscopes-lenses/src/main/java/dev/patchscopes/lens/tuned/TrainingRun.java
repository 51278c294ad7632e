package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.internal.FileClaim;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.internal.Nesterov;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MemoryAdvice;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One training, from its start or its last snapshot to its end. */
final class TrainingRun {
    private static final String WHAT = "the training";
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

    private final HookedModel model;
    private final TrainingSettings settings;
    private final TokenChunks chunks;
    private final Optional<TunedTraining.Snapshots> snapshots;
    private final Progress progress;
    private final ImmutableIntArray layers;
    private final ChunkOrder order;
    private final MemoryAdvice advice;
    private final List<ImmutableDoubleArray> losses = new ArrayList<>();
    private int saved; // steps that the snapshot has

    TrainingRun(
            HookedModel model,
            TrainingSettings settings,
            TokenChunks chunks,
            Optional<TunedTraining.Snapshots> snapshots,
            Progress progress) {
        this.model = model;
        this.settings = settings;
        this.chunks = chunks;
        this.snapshots = snapshots;
        this.progress = progress;
        this.layers =
                settings.layers().isEmpty()
                        ? ImmutableIntArray.copyOf(IntStream.range(0, model.layers()))
                        : settings.layers();
        this.order = new ChunkOrder(chunks.count(), settings.seed());
        this.advice =
                MemoryAdvice.of(
                        () ->
                                "training a tuned lens of %s in chunks of %d tokens"
                                        .formatted(model.name(), chunks.length()),
                        "lower tokensAtOnce(...), which is %d now, take shorter chunks, train fewer layers at a time"
                                .formatted(settings.tokensAtOnce()));
    }

    TunedLens fit(Optional<TunedLens> start) {
        Translators translators =
                advice.get(
                        () ->
                                start.map(lens -> lens.translators().copy(model))
                                        .orElseGet(() -> Translators.zero(model)));
        try {
            LensOrigin origin =
                    new LensOrigin(
                            "tuned lens",
                            ImmutableMap.<String, String>builder()
                                    .putAll(settings.describe(chunks.length()))
                                    .put("textsHash", chunks.textsHash())
                                    .buildOrThrow());
            alone(() -> train(translators));
            return TunedLens.trained(
                    model,
                    translators,
                    start.map(TunedLens::origin).map(origin::after).orElse(origin),
                    new TrainingHistory(layers, ImmutableList.copyOf(losses)));
        } catch (RuntimeException | Error e) {
            translators.close();
            throw e;
        }
    }

    /** Two trainings would undo each other's snapshots. */
    private void alone(Runnable training) {
        if (snapshots.isEmpty()) {
            training.run();
            return;
        }
        FileClaim claim = TrainingSnapshot.claim(snapshots.get().file());
        try {
            training.run();
        } finally {
            try {
                claim.deleteAndClose();
            } catch (IOException e) {
                LOG.debug("{} stays claimed until this process ends", snapshots.get().file(), e);
            }
        }
    }

    private void train(Translators translators) {
        Nesterov.Rule rule =
                new Nesterov.Rule(settings.momentum(), settings.weightDecay(), settings.clip());
        try (Descent descent = advice.get(() -> new Descent(translators, layers, rule));
                LensGradients gradients =
                        advice.get(() -> new LensGradients(model, translators, layers))) {
            Optional<TrainingSnapshot> snapshot =
                    snapshots.map(
                            s ->
                                    TrainingSnapshot.of(
                                            s.file(), model, settings, chunks, translators));
            snapshot.ifPresent(s -> losses.addAll(s.resume(translators, descent, layers)));
            saved = losses.size();
            if (saved > 0) {
                progress.resumed(saved);
            }
            long begun = System.nanoTime();
            try {
                while (losses.size() < settings.steps()) {
                    step(descent, gradients);
                    if (snapshots.isPresent() && losses.size() % snapshots.get().every() == 0) {
                        save(snapshot, translators, descent);
                    }
                    progress.update(
                            losses.size(),
                            settings.steps(),
                            Duration.ofNanos(System.nanoTime() - begun));
                }
            } catch (CancellationException e) {
                CancellationException stopped =
                        Steps.stopped(e, WHAT, losses.size(), settings.steps(), "steps");
                try {
                    save(snapshot, translators, descent);
                } catch (RuntimeException f) { // a full disk, say; that it was stopped is still so
                    stopped.addSuppressed(f);
                }
                throw stopped;
            }
            save(snapshot, translators, descent);
        }
    }

    private void save(
            Optional<TrainingSnapshot> snapshot, Translators translators, Descent descent) {
        if (losses.size() > saved) {
            snapshot.ifPresent(
                    s -> Steps.uninterrupted(() -> s.write(translators, descent, layers, losses)));
            saved = losses.size();
        }
    }

    private void step(Descent descent, LensGradients gradients) {
        int step = losses.size();
        int perStep = settings.tokensPerStep() / chunks.length();
        int atOnce = Math.max(1, settings.tokensAtOnce() / chunks.length());
        advice.run(gradients::clear);
        for (int done = 0; done < perStep; done += atOnce) {
            int[] which = new int[Math.min(atOnce, perStep - done)];
            long first = (long) step * perStep + done;
            Arrays.setAll(which, i -> order.at(first + i));
            advice.run(() -> gradients.add(chunks.batch(which), this::checkCancelled));
        }
        double[] loss = gradients.losses();
        for (int i = 0; i < loss.length; i++) {
            if (!Double.isFinite(loss[i])) {
                throw new ModelException(
                        "the loss of layer %d is %s at step %d: take a smaller learningRateScale than %s, or load the model in float32"
                                .formatted(layers.get(i), loss[i], step, settings.rateScale()));
            }
        }
        advice.run(() -> descent.step(gradients, settings.rate(step)));
        losses.add(ImmutableDoubleArray.copyOf(loss));
    }

    private void checkCancelled() {
        Steps.stopIfAsked(Steps.ofCaller(progress), WHAT, losses.size(), settings.steps(), "steps");
    }
}
