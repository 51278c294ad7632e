package dev.patchscopes.lens.future;

import dev.patchscopes.lens.internal.GradientNorm;

/**
 * AdamW (Loshchilov and Hutter, 2019) on one array, with the gradient's norm limited before. The
 * engine's own optimisers limit gradients from above only.
 */
final class AdamW {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    private final double rate;
    private final double decay;
    private final double clip;
    private final double[] mean;
    private final double[] square;
    private int step;

    AdamW(double rate, double decay, double clip, int size) {
        this.rate = rate;
        this.decay = decay;
        this.clip = clip;
        this.mean = new double[size];
        this.square = new double[size];
    }

    /** Moves values one step; the gradient is not changed. */
    void update(double[] values, double[] gradient) {
        double norm = 0;
        for (double g : gradient) {
            norm += g * g;
        }
        double scale = GradientNorm.factor(Math.sqrt(norm), clip);
        step++;
        double correct1 = 1 - Math.pow(BETA1, step);
        double correct2 = 1 - Math.pow(BETA2, step);
        for (int i = 0; i < values.length; i++) {
            double g = gradient[i] * scale;
            mean[i] = BETA1 * mean[i] + (1 - BETA1) * g;
            square[i] = BETA2 * square[i] + (1 - BETA2) * g * g;
            values[i] -= rate * decay * values[i];
            values[i] -= rate * (mean[i] / correct1) / (Math.sqrt(square[i] / correct2) + EPSILON);
        }
    }
}
