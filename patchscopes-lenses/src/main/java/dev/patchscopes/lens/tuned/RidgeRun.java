package dev.patchscopes.lens.tuned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableMap;
import com.google.common.math.IntMath;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.TensorActivations;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/** One fit: moments of all layers in one pass over the texts, maps, and a choice by KL. */
final class RidgeRun {
    /** Tokens of a pass: sums cost least with a thousand rows or more. */
    private static final int TOKENS_AT_ONCE = 1024;

    private final HookedModel model;
    private final TokenChunks fitted;
    private final TokenChunks measured;
    private final ImmutableDoubleArray penalties;
    private final Progress progress;
    private final long begun = System.nanoTime();
    private long done;

    RidgeRun(
            HookedModel model,
            TokenChunks fitted,
            TokenChunks measured,
            ImmutableDoubleArray penalties,
            Progress progress) {
        this.model = model;
        this.fitted = fitted;
        this.measured = measured;
        this.penalties = penalties;
        this.progress = progress;
    }

    TunedLens fit() {
        List<List<AffineMap>> candidates = candidates(); // [layer][penalty]
        double[][] divergences = divergences(candidates);
        List<AffineMap> best = new ArrayList<>();
        List<String> chosen = new ArrayList<>();
        List<String> reached = new ArrayList<>();
        for (int k = 0; k < model.layers(); k++) {
            int at = least(divergences[k]);
            best.add(candidates.get(k).get(at));
            chosen.add(Double.toString(penalties.get(at)));
            reached.add(Double.toString(divergences[k][at] / measured.tokens()));
        }
        LensOrigin origin =
                new LensOrigin(
                        LensOrigin.RIDGE,
                        ImmutableMap.of(
                                "tokens", Long.toString(fitted.tokens()),
                                "heldOutTokens", Long.toString(measured.tokens()),
                                "chunkLength", Integer.toString(fitted.length()),
                                "penalties", penalties.toString(),
                                "relativePenalty", chosen.toString(),
                                "heldOutDivergence", reached.toString()));
        return TunedLens.trained(
                model,
                Translators.of(model, k -> Translators.Numbers.of(best.get(k))),
                origin,
                TrainingHistory.NONE);
    }

    private static int least(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] < values[best]) {
                best = i;
            }
        }
        return best;
    }

    private List<List<AffineMap>> candidates() {
        List<Moments> moments = new ArrayList<>();
        try {
            for (int k = 0; k < model.layers(); k++) {
                moments.add(Moments.of(model.width(), model.width()));
            }
            each(
                    fitted,
                    acts -> {
                        NDArray last = acts.get(HookPoint.residual(model.layers()));
                        for (int k = 0; k < model.layers(); k++) {
                            moments.get(k).add(acts.get(HookPoint.residual(k)), last);
                        }
                    });
            List<List<AffineMap>> out = new ArrayList<>();
            for (Moments layer : moments) {
                checkCancelled();
                out.add(
                        layer.residualRidge(
                                penalties.stream().map(layer::relativePenalty).boxed().toList()));
            }
            return out;
        } finally {
            moments.forEach(Moments::close);
        }
    }

    /** Sums of KL(model || lens) over the held-out tokens, [layer][penalty]. */
    private double[][] divergences(List<List<AffineMap>> candidates) {
        double[][] out = new double[model.layers()][penalties.length()];
        List<Translators> lenses = new ArrayList<>();
        try {
            for (int p = 0; p < penalties.length(); p++) {
                int at = p;
                lenses.add(
                        Translators.of(
                                model, k -> Translators.Numbers.of(candidates.get(k).get(at))));
            }
            each(measured, acts -> measure(acts, lenses, out));
            return out;
        } finally {
            lenses.forEach(Translators::close);
        }
    }

    private void measure(TensorActivations acts, List<Translators> lenses, double[][] out) {
        NDArray last = acts.get(HookPoint.residual(model.layers()));
        int[] none = new int[acts.rows()];
        Arrays.fill(none, -1);
        try (NDManager scope = acts.manager().newSubManager()) {
            List<NDArray> states = new ArrayList<>(); // [layer * penalty][row, d_model]
            for (int k = 0; k < model.layers(); k++) {
                for (Translators lens : lenses) {
                    NDArray h = acts.get(HookPoint.residual(k));
                    NDArray typed = lens.typed(h);
                    NDArray y = lens.apply(k, typed);
                    y.attach(scope);
                    states.add(y);
                    if (typed != h) {
                        typed.close();
                    }
                }
            }
            StateReadings readings =
                    model.readout().top(1).read(states, last, ImmutableIntArray.copyOf(none));
            for (int i = 0; i < states.size(); i++) {
                int state = i;
                out[i / lenses.size()][i % lenses.size()] +=
                        IntStream.range(0, none.length)
                                .mapToDouble(row -> readings.divergence(state, row))
                                .sum();
            }
        }
    }

    private interface Visitor {
        void visit(TensorActivations acts);
    }

    private void each(TokenChunks chunks, Visitor visitor) {
        int atOnce = Math.max(1, TOKENS_AT_ONCE / chunks.length());
        for (int from = 0; from < chunks.count(); from += atOnce) {
            checkCancelled();
            int[] which = IntStream.range(from, Math.min(chunks.count(), from + atOnce)).toArray();
            try (TensorActivations acts =
                    model.run(chunks.batch(which))
                            .capture(HookPoint.residuals(model.layers()))
                            .tensors()) {
                visitor.visit(acts);
            }
            done++;
            progress.update(
                    done,
                    passes(fitted) + passes(measured),
                    Duration.ofNanos(System.nanoTime() - begun));
        }
    }

    private static int passes(TokenChunks chunks) {
        int atOnce = Math.max(1, TOKENS_AT_ONCE / chunks.length());
        return IntMath.divide(chunks.count(), atOnce, RoundingMode.CEILING);
    }

    private void checkCancelled() {
        if (progress.isCancelled()) {
            throw new CancellationException(
                    "the fit was stopped after %d of %d passes"
                            .formatted(done, passes(fitted) + passes(measured)));
        }
    }
}
