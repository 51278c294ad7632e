package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Gradients;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Metric;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each vector of the source run would add to the metric, were it patched in and the metric
 * linear: gradient times difference, summed over the vector.
 */
final class Contributions {
    private final HookedModel model;
    private final int length;
    private final PairReading reading;
    private final double unpatched;

    /** [pos, head] of a point, or [head, dest, src] of a pattern. */
    private final Map<HookPoint, double[]> parts;

    private Contributions(
            HookedModel model,
            int length,
            PairReading reading,
            double unpatched,
            Map<HookPoint, double[]> parts) {
        this.model = model;
        this.length = length;
        this.reading = reading;
        this.unpatched = unpatched;
        this.parts = parts;
    }

    /**
     * @param steps counts a step a token of the answer
     */
    static Contributions of(
            PatchSetup setup, PromptPair pair, List<PatchTarget> targets, Steps steps) {
        HookedModel model = setup.model();
        AnswerCells answer = setup.answer(pair);
        ImmutableSet.Builder<HookPoint> chosen = ImmutableSet.builder();
        targets.forEach(t -> chosen.addAll(HookPoint.blocks(t.site().site(), 0, model.layers())));
        ImmutableSet<HookPoint> points = chosen.build();
        Activations source =
                model.run(TokenBatch.of(answer.prompts(setup.source(pair))))
                        .capture(points)
                        .logits()
                        .execute();
        double sourceLog = 0;
        double log = 0;
        Map<HookPoint, double[]> parts = new HashMap<>();
        List<TokenizedPrompt> prompts = answer.prompts(setup.patched(pair));
        for (int i = 0; i < prompts.size(); i++) {
            sourceLog += read(answer, i, source.next(i));
            Gradients gradients =
                    model.run(prompts.get(i))
                            .gradients(metric(answer, i), points.toArray(HookPoint[]::new));
            log += gradients.value();
            for (HookPoint point : points) {
                double[] sums =
                        parts.computeIfAbsent(
                                point, p -> new double[rows(model, p, pair.length())]);
                add(sums, gradients, source.get(point), pair.length());
            }
            steps.done();
        }
        boolean probability = setup.metric() == AnswerMetric.PROBABILITY;
        double unpatched = probability ? Math.exp(log) : log;
        if (probability) { // dp = p d(log p)
            parts.values().forEach(sums -> scale(sums, unpatched));
        }
        return new Contributions(
                model,
                pair.length(),
                setup.reading(pair, probability ? Math.exp(sourceLog) : sourceLog, unpatched),
                unpatched,
                parts);
    }

    /** A logit difference, or the logarithm of the probability of one token of the answer. */
    private static Metric metric(AnswerCells answer, int token) {
        return answer.metric() == AnswerMetric.LOGIT_DIFFERENCE
                ? Metric.logitDifference(answer.answer().get(0), answer.other().orElseThrow())
                : Metric.logProbability(answer.answer().get(token));
    }

    private static double read(AnswerCells answer, int token, TokenDistribution next) {
        return answer.metric() == AnswerMetric.LOGIT_DIFFERENCE
                ? next.logit(answer.answer().get(0)) - next.logit(answer.other().orElseThrow())
                : next.logProbability(answer.answer().get(token));
    }

    private static int rows(HookedModel model, HookPoint point, int length) {
        return PatchPlace.heads(model, point.site())
                * length
                * (point.site().isPairwise() ? length : 1);
    }

    private static void add(double[] sums, Gradients gradients, Activation source, int length) {
        HookPoint point = source.point();
        double[] slope = gradients.of(point).doubles(0);
        double[] here = gradients.activations().get(point).doubles(0);
        double[] there = source.doubles(0);
        if (point.site().isPairwise()) {
            addPattern(sums, slope, here, there, length, gradients.of(point).shape(0).get(1));
            return;
        }
        int width = there.length / sums.length; // vectors beyond the prompt come last, and are left
        for (int row = 0; row < sums.length; row++) {
            for (int i = row * width; i < (row + 1) * width; i++) {
                sums[row] += slope[i] * (there[i] - here[i]);
            }
        }
    }

    /**
     * @param keys tokens of the prompt with the answer tokens before the one that is read
     */
    private static void addPattern(
            double[] sums,
            double[] slope, // [head, keys, keys]
            double[] here, // [head, keys, keys]
            double[] there, // [head, length, length]
            int length,
            int keys) {
        for (int row = 0; row < sums.length; row++) {
            int head = row / (length * length);
            int dest = row / length % length;
            int at = (head * keys + dest) * keys + row % length;
            sums[row] += slope[at] * (there[row] - here[at]);
        }
    }

    private static void scale(double[] values, double factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
    }

    PairReading reading() {
        return reading;
    }

    /** The estimated metric of a cell. */
    double metric(PatchPlace place) {
        double[] all = parts.get(place.point());
        double sum = unpatched;
        int heads = PatchPlace.heads(model, place.point().site());
        for (int pos = place.from(); pos < place.to(); pos++) {
            for (int head = place.head().orElse(0);
                    head <= place.head().orElse(heads - 1);
                    head++) {
                sum +=
                        place.target().site() == PatchedSite.PATTERN
                                ? weights(all, place, head, pos)
                                : all[pos * heads + head];
            }
        }
        return sum;
    }

    private double weights(double[] all, PatchPlace place, int head, int dest) {
        double sum = 0;
        for (int src = place.key().orElse(0); src <= place.key().orElse(length - 1); src++) {
            sum += all[(head * length + dest) * length + src];
        }
        return sum;
    }
}
