package dev.patchscopes.lens.tuned;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.util.OptionalDouble;

/**
 * What a training does, apart from what it starts from and reads.
 *
 * @param rateScale learning rate over 1 - momentum
 * @param clip largest norm of the gradient; empty for any
 * @param tokensAtOnce tokens of a pass of the model, about
 * @param repeating whether chunks are read again once all were
 * @param layers layers trained; empty for all of 0..L-1
 */
record TrainingSettings(
        int steps,
        int tokensPerStep,
        double rateScale,
        double momentum,
        double weightDecay,
        OptionalDouble clip,
        long seed,
        int tokensAtOnce,
        boolean repeating,
        ImmutableIntArray layers) {

    /** Sized for a CPU. */
    static final TrainingSettings DEFAULT =
            new TrainingSettings(
                    200,
                    4096,
                    1,
                    0.9,
                    1e-3,
                    OptionalDouble.of(1),
                    42,
                    512,
                    false,
                    ImmutableIntArray.of());

    TrainingSettings withSteps(int n) {
        return new TrainingSettings(
                n,
                tokensPerStep,
                rateScale,
                momentum,
                weightDecay,
                clip,
                seed,
                tokensAtOnce,
                repeating,
                layers);
    }

    TrainingSettings withTokensPerStep(int n) {
        return new TrainingSettings(
                steps,
                n,
                rateScale,
                momentum,
                weightDecay,
                clip,
                seed,
                tokensAtOnce,
                repeating,
                layers);
    }

    TrainingSettings withOptimiser(double scale, double mu, double decay, OptionalDouble largest) {
        return new TrainingSettings(
                steps,
                tokensPerStep,
                scale,
                mu,
                decay,
                largest,
                seed,
                tokensAtOnce,
                repeating,
                layers);
    }

    TrainingSettings withOrder(long s, boolean again) {
        return new TrainingSettings(
                steps,
                tokensPerStep,
                rateScale,
                momentum,
                weightDecay,
                clip,
                s,
                tokensAtOnce,
                again,
                layers);
    }

    TrainingSettings withTokensAtOnce(int n) {
        return new TrainingSettings(
                steps,
                tokensPerStep,
                rateScale,
                momentum,
                weightDecay,
                clip,
                seed,
                n,
                repeating,
                layers);
    }

    TrainingSettings withLayers(ImmutableIntArray some) {
        return new TrainingSettings(
                steps,
                tokensPerStep,
                rateScale,
                momentum,
                weightDecay,
                clip,
                seed,
                tokensAtOnce,
                repeating,
                some);
    }

    /** The learning rate of a step, from 0: down to 0 in a line, without warmup. */
    double rate(int step) {
        return rateScale * (1 - momentum) * (steps - step) / steps;
    }

    /** What a lens's file tells of it. */
    ImmutableMap<String, String> describe(int chunkLength) {
        ImmutableMap.Builder<String, String> out = ImmutableMap.builder();
        out.put("loss", "kl");
        out.put("steps", Integer.toString(steps));
        out.put("tokensPerStep", Integer.toString(tokensPerStep));
        out.put("chunkLength", Integer.toString(chunkLength));
        out.put("learningRateScale", Double.toString(rateScale));
        out.put("momentum", Double.toString(momentum));
        out.put("weightDecay", Double.toString(weightDecay));
        out.put("clip", clip.isPresent() ? Double.toString(clip.getAsDouble()) : "none");
        out.put("seed", Long.toString(seed));
        if (repeating) {
            out.put("repeating", "true");
        }
        if (!layers.isEmpty()) {
            out.put("layers", layers.toString());
        }
        return out.buildOrThrow();
    }
}
