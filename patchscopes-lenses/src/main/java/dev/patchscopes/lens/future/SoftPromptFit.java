package dev.patchscopes.lens.future;

import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.ModelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/** The steps of a training. */
final class SoftPromptFit {
    private static final String WHAT = "the training of a soft prompt";
    static final int KEPT_ASIDE = 64; // examples that tell one prompt from another
    private static final double SPREAD = 0.02;
    private static final int CHECKS = 10;

    private final SoftPromptTraining.Settings settings;
    private final int width;
    private final SoftPromptLoss loss;
    private final FutureExamples training;
    private final FutureExamples keptAside;
    private double[] best = {};
    private double bestLoss = Double.POSITIVE_INFINITY;

    SoftPromptFit(
            HookedModel model,
            SoftPromptTraining.Settings settings,
            FutureExamples training,
            FutureExamples keptAside) {
        this.settings = settings;
        this.width = model.width();
        this.loss = new SoftPromptLoss(model, settings.layer);
        this.training = training;
        this.keptAside = keptAside;
    }

    double bestLoss() {
        return bestLoss;
    }

    Matrix run() {
        Random random = new Random(settings.seed);
        double[] values =
                IntStream.range(0, settings.length * width)
                        .mapToDouble(i -> SPREAD * random.nextGaussian())
                        .toArray();
        AdamW optimiser = new AdamW(settings.rate, settings.decay, settings.clip, values.length);
        List<Integer> order = new ArrayList<>();
        long start = System.nanoTime();
        int every = Math.max(1, settings.steps / CHECKS);
        check(values, 0);
        for (int step = 1; step <= settings.steps; step++) {
            Steps.stopIfAsked(settings.progress, WHAT, step - 1, settings.steps, "steps");
            try {
                step(step, random, order, optimiser, values);
                if (step % every == 0 || step == settings.steps) {
                    check(values, step);
                }
            } catch (CancellationException e) {
                throw Steps.stopped(e, WHAT, step - 1, settings.steps, "steps");
            }
            settings.progress.update(
                    step, settings.steps, Duration.ofNanos(System.nanoTime() - start));
        }
        return matrix(best);
    }

    /** A step of descent on some examples. */
    private void step(
            int step, Random random, List<Integer> order, AdamW optimiser, double[] values) {
        List<SoftPromptLoss.Case> cases = new ArrayList<>();
        for (int i = 0; i < Math.min(settings.batch, training.rows()); i++) {
            cases.addAll(cases(training, next(order, random)));
        }
        SoftPromptLoss.Outcome outcome = loss.of(matrix(values), cases);
        checkFinite("the loss", outcome.value(), step);
        optimiser.update(values, outcome.gradient().toArray());
        for (double value : values) {
            checkFinite("a value of the vectors", value, step);
        }
    }

    /** The next example of an order that is drawn anew when it has been gone through. */
    private int next(List<Integer> order, Random random) {
        if (order.isEmpty()) {
            IntStream.range(0, training.rows()).forEach(order::add);
            Collections.shuffle(order, random);
        }
        return order.remove(order.size() - 1);
    }

    private List<SoftPromptLoss.Case> cases(FutureExamples examples, int row) {
        FutureStates states = examples.states().get(0);
        return settings.ahead.stream()
                .mapToObj(
                        n ->
                                new SoftPromptLoss.Case(
                                        ImmutableDoubleArray.copyOf(states.states().row(row)),
                                        states.tokens().get(row).subArray(1, 1 + n),
                                        ImmutableDoubleArray.copyOf(
                                                examples.last().get(n).row(row))))
                .toList();
    }

    /** Keeps vectors that do better on the texts kept aside. */
    private void check(double[] values, int step) {
        List<SoftPromptLoss.Case> all =
                IntStream.range(0, keptAside.rows())
                        .boxed()
                        .flatMap(row -> cases(keptAside, row).stream())
                        .toList();
        double sum = 0;
        for (List<SoftPromptLoss.Case> some : Lists.partition(all, 64)) {
            sum += some.size() * loss.of(matrix(values), some).value();
        }
        checkFinite("the loss", sum, step);
        if (sum / all.size() < bestLoss) {
            bestLoss = sum / all.size();
            best = values.clone();
        }
    }

    private void checkFinite(String what, double value, int step) {
        if (!Double.isFinite(value)) {
            throw new ModelException(
                    "%s is %s at step %d: take a smaller learning rate than %s, or see whether the states are finite (checkFinite() of a run over one of the texts)"
                            .formatted(what, value, step, settings.rate));
        }
    }

    private Matrix matrix(double[] values) {
        return Matrix.of(settings.length, width, values);
    }
}
