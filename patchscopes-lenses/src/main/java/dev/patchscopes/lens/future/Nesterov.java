package dev.patchscopes.lens.future;

/**
 * Gradient steps with Nesterov's momentum in PyTorch's form, weight decay as part of the gradient,
 * and the gradient's norm limited before. The engine has none.
 */
final class Nesterov {
    private static final double MOMENTUM = 0.9;

    private final double decay;
    private final double clip;
    private final double[] velocity;

    Nesterov(double decay, double clip, int size) {
        this.decay = decay;
        this.clip = clip;
        this.velocity = new double[size];
    }

    /** Moves values one step; the gradient is not changed. */
    void update(double[] values, double[] gradient, double rate) {
        double norm = 0;
        for (double g : gradient) {
            norm += g * g;
        }
        double scale = Math.min(1, clip / Math.max(Math.sqrt(norm), 1e-12));
        for (int i = 0; i < values.length; i++) {
            double g = scale * gradient[i] + decay * values[i];
            velocity[i] = MOMENTUM * velocity[i] + g;
            values[i] -= rate * (g + MOMENTUM * velocity[i]);
        }
    }
}
