package dev.patchscopes.lens.tuned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.MemoryAdvice;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.StateReadings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One fit: moments of all layers in one pass over the texts, then layer by layer its maps and a
 * choice by KL, so that no two layers' maps are held at once but for those chosen.
 */
final class RidgeRun {
    /** Bytes of held-out states that are kept rather than computed again. */
    static final long HELD_OUT_BYTES = 2L << 30;

    private final HookedModel model;
    private final TokenChunks fitted;
    private final TokenChunks measured;
    private final ImmutableDoubleArray penalties;
    private final long seed;
    private final Progress progress;
    private final long heldOutBytes;
    private final List<String> chosen = new ArrayList<>(); // penalty by layer
    private final List<String> reached = new ArrayList<>(); // divergence by layer

    RidgeRun(
            HookedModel model,
            TokenChunks fitted,
            TokenChunks measured,
            ImmutableDoubleArray penalties,
            long seed,
            Progress progress,
            long heldOutBytes) {
        this.model = model;
        this.fitted = fitted;
        this.measured = measured;
        this.penalties = penalties;
        this.seed = seed;
        this.progress = progress;
        this.heldOutBytes = heldOutBytes;
    }

    TunedLens fit() {
        List<Moments> moments = new ArrayList<>();
        try (HeldOutStates heldOut = new HeldOutStates(model, measured, heldOutBytes)) {
            Steps steps =
                    new Steps(
                            progress,
                            "the ridge fit of a lens",
                            HeldOutStates.passes(fitted) + heldOut.passes() + model.layers());
            return steps.during(
                    () -> {
                        for (int k = 0; k < model.layers(); k++) {
                            moments.add(Moments.of(model.width(), model.width()));
                        }
                        HeldOutStates.each(
                                model,
                                fitted,
                                HookPoint.residuals(model.layers()),
                                steps,
                                acts -> {
                                    NDArray last = acts.get(HookPoint.residual(model.layers()));
                                    for (int k = 0; k < model.layers(); k++) {
                                        moments.get(k).add(acts.get(HookPoint.residual(k)), last);
                                    }
                                });
                        Translators best =
                                Translators.of(
                                        model,
                                        model.layers(),
                                        k ->
                                                Translators.Numbers.of(
                                                        best(k, moments.get(k), heldOut, steps)));
                        return TunedLens.trained(model, best, origin(), TrainingHistory.NONE);
                    });
        } finally {
            moments.forEach(Moments::close);
        }
    }

    private LensOrigin origin() {
        return new LensOrigin(
                LensOrigin.RIDGE,
                ImmutableMap.of(
                        "tokens", Long.toString(fitted.tokens()),
                        "textsHash", fitted.textsHash(),
                        "heldOutTokens", Long.toString(measured.tokens()),
                        "heldOutTextsHash", measured.textsHash(),
                        "chunkLength", Integer.toString(fitted.length()),
                        "seed", Long.toString(seed),
                        "penalties", penalties.toString(),
                        "relativePenalty", chosen.toString(),
                        "heldOutDivergence", reached.toString()));
    }

    /** Of a layer's maps the one nearest to the model; its moments are closed. */
    private AffineMap best(int layer, Moments moments, HeldOutStates heldOut, Steps steps) {
        steps.check();
        List<AffineMap> maps =
                moments.residualRidge(
                        penalties.stream().map(moments::relativePenalty).boxed().toList());
        moments.close();
        double[] sums = new double[maps.size()]; // of KL(model || lens) over the held-out tokens
        try (Translators candidates =
                Translators.of(model, maps.size(), p -> Translators.Numbers.of(maps.get(p)))) {
            heldOut.read(
                    layer,
                    steps,
                    (states, last) ->
                            MemoryAdvice.of(
                                            () -> "choosing a penalty of a lens of " + model.name(),
                                            "try fewer penalties at once, take shorter chunks")
                                    .run(() -> measure(states, last, candidates, sums)));
        }
        int at = least(sums);
        chosen.add(Double.toString(penalties.get(at)));
        reached.add(Double.toString(sums[at] / measured.tokens()));
        steps.done();
        return maps.get(at);
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

    private void measure(NDArray h, NDArray last, Translators candidates, double[] sums) {
        int[] none = new int[(int) h.getShape().get(0)];
        Arrays.fill(none, -1);
        try (NDManager scope = h.getManager().newSubManager()) {
            NDArray typed = candidates.typed(h);
            if (typed != h) {
                typed.attach(scope);
            }
            List<NDArray> read = new ArrayList<>(); // [penalty][row, d_model]
            for (int p = 0; p < sums.length; p++) {
                NDArray y = candidates.apply(p, typed);
                y.attach(scope);
                read.add(y);
            }
            StateReadings readings =
                    model.readout().top(1).read(read, last, ImmutableIntArray.copyOf(none));
            for (int p = 0; p < sums.length; p++) {
                int state = p;
                sums[p] +=
                        IntStream.range(0, none.length)
                                .mapToDouble(row -> readings.divergence(state, row))
                                .sum();
            }
        }
    }
}
