package dev.patchscopes.lens.tuned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Gradient descent with Nesterov's momentum in PyTorch's form: with g the clipped gradient plus the
 * decay, v = mu v + g and theta = theta - rate (g + mu v).
 *
 * <p>The clip is of one norm over all translators together, before decay is added, as in the tuned
 * lens's reference code.
 */
final class Nesterov implements AutoCloseable {
    /** What PyTorch adds to a norm before it divides by it. */
    private static final double CLIP_EPSILON = 1e-6;

    private final Translators translators;
    private final Rule rule;
    private final NDManager manager;
    private final List<NDArray> weights = new ArrayList<>(); // velocities [d_model, d_model]
    private final List<NDArray> biases = new ArrayList<>(); // velocities [d_model]
    private final NDArray momentum;
    private final NDArray decay;

    /**
     * What does not change from step to step.
     *
     * @param momentum mu
     * @param decay of weights and biases, added to the gradient
     * @param clip largest norm of the gradient; empty for any
     */
    record Rule(double momentum, double decay, OptionalDouble clip) {}

    Nesterov(Translators translators, ImmutableIntArray layers, Rule rule) {
        this.translators = translators;
        this.rule = rule;
        manager = translators.manager().newSubManager();
        int width = translators.width();
        for (int i = 0; i < layers.length(); i++) {
            weights.add(manager.zeros(new Shape(width, width), translators.type()));
            biases.add(manager.zeros(new Shape(width), translators.type()));
        }
        momentum = scalar(manager, rule.momentum());
        decay = scalar(manager, rule.decay());
    }

    /** Beside a tensor, a number that does not change the tensor's type. */
    private static NDArray scalar(NDManager manager, double value) {
        return manager.create(new double[] {value}, new Shape());
    }

    /** Velocity of the i-th layer's weight. */
    NDArray weight(int i) {
        return weights.get(i);
    }

    /** Velocity of the i-th layer's bias. */
    NDArray bias(int i) {
        return biases.get(i);
    }

    /**
     * Takes a step down the mean of the losses.
     *
     * @param gradients sums over tokens; scaled, and then of no further use
     * @param rate learning rate
     */
    void step(LensGradients gradients, double rate) {
        try (NDManager scope = manager.newSubManager()) {
            double mean = 1.0 / gradients.rows();
            double factor = mean;
            if (rule.clip().isPresent()) {
                double norm = norm(gradients, scope) * mean;
                factor *= Math.min(1, rule.clip().getAsDouble() / (norm + CLIP_EPSILON));
            }
            NDArray scale = scalar(scope, factor);
            NDArray by = scalar(scope, rate);
            for (int i = 0; i < weights.size(); i++) {
                int layer = gradients.layers().get(i);
                step(translators.weight(layer), gradients.weight(i), weights.get(i), scale, by);
                step(translators.bias(layer), gradients.bias(i), biases.get(i), scale, by);
            }
        }
    }

    private static double norm(LensGradients gradients, NDManager scope) {
        double sum = 0;
        for (int i = 0; i < gradients.layers().length(); i++) {
            sum += squares(gradients.weight(i), scope) + squares(gradients.bias(i), scope);
        }
        return Math.sqrt(sum);
    }

    private static double squares(NDArray x, NDManager scope) {
        try (NDArray square = x.square();
                NDArray sum = square.sum()) {
            sum.attach(scope);
            return Translators.doubles(sum)[0];
        }
    }

    private void step(
            NDArray theta, NDArray gradient, NDArray velocity, NDArray scale, NDArray rate) {
        gradient.muli(scale);
        if (rule.decay() != 0) {
            try (NDArray decayed = theta.mul(decay)) {
                gradient.addi(decayed);
            }
        }
        velocity.muli(momentum);
        velocity.addi(gradient);
        try (NDArray change = velocity.mul(momentum)) {
            change.addi(gradient);
            change.muli(rate);
            theta.subi(change);
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
