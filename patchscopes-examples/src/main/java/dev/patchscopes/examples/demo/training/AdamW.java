package dev.patchscopes.examples.demo.training;

import dev.patchscopes.model.TrainableModel;
import dev.patchscopes.model.TrainableModel.Parameter;
import java.util.Arrays;

/**
 * AdamW: steps along running means of gradients divided by the root of running means of their
 * squares; matrices also decay, norms and biases do not. Gradients longer than a limit are
 * shortened to it.
 */
final class AdamW {
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.95f;
    private static final float EPSILON = 1e-8f;

    private final float decay;
    private final double clip;
    private final float[] first;
    private final float[] second;
    private final boolean[] decays;

    /**
     * @param decay share of a matrix lost a step, times the learning rate
     * @param clip longest gradient
     */
    AdamW(TrainableModel model, double decay, double clip) {
        this.decay = (float) decay;
        this.clip = clip;
        this.first = new float[model.size()];
        this.second = new float[model.size()];
        this.decays = new boolean[model.size()];
        for (Parameter p : model.parameters().values()) {
            if (p.isMatrix()) {
                Arrays.fill(decays, p.offset(), p.offset() + p.elements(), true);
            }
        }
    }

    /**
     * Changes the parameters and clears the gradients.
     *
     * @param step step, from 0 on
     * @param rate learning rate
     * @param weight what the gathered gradients are the sum over
     * @return the gradient's length before it was shortened
     */
    double step(TrainableModel model, long step, double rate, double weight) {
        double norm = model.gradientNorm() / weight;
        if (!Double.isFinite(norm)) {
            throw new IllegalStateException("the gradient is not finite at step " + step);
        }
        float scale = (float) (Math.min(1, clip / norm) / weight);
        // both corrections of the first steps' means go into the rate and the epsilon
        double correction = Math.sqrt(1 - Math.pow(BETA2, step + 1.0));
        float size = (float) (rate * correction / (1 - Math.pow(BETA1, step + 1.0)));
        float epsilon = (float) (EPSILON * correction);
        float keep = (float) (1 - rate * decay);
        model.update(
                (at, values, gradients, count) -> {
                    for (int i = 0; i < count; i++) {
                        float g = gradients[i] * scale;
                        float m = BETA1 * first[at + i] + (1 - BETA1) * g;
                        float v = BETA2 * second[at + i] + (1 - BETA2) * g * g;
                        first[at + i] = m;
                        second[at + i] = v;
                        float value = decays[at + i] ? values[i] * keep : values[i];
                        values[i] = value - size * m / ((float) Math.sqrt(v) + epsilon);
                    }
                });
        model.clearGradients();
        return norm;
    }

    /** Running means of gradients, one a parameter; for saving and restoring. */
    float[] first() {
        return first;
    }

    /** Running means of squares, one a parameter; for saving and restoring. */
    float[] second() {
        return second;
    }
}
