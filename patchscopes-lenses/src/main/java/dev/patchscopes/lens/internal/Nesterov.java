package dev.patchscopes.lens.internal;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Gradient descent with Nesterov's momentum in PyTorch's form: with g the clipped gradient plus the
 * decay, v = mu v + g and theta = theta - rate (g + mu v).
 *
 * <p>The clip is of one norm over all parameters together, before decay is added; see {@link
 * GradientNorm}. Holds a velocity for each parameter in native memory: close it.
 */
public final class Nesterov implements AutoCloseable {
    private final ImmutableList<NDArray> parameters;
    private final ImmutableList<NDArray> velocities;
    private final Rule rule;
    private final NDManager manager;
    private final NDArray momentum;
    private final NDArray decay;

    /**
     * What does not change from step to step.
     *
     * @param momentum mu
     * @param decay of all parameters, added to the gradient
     * @param clip largest norm of the gradient; empty for any
     */
    public record Rule(double momentum, double decay, OptionalDouble clip) {}

    /**
     * Starts at rest.
     *
     * @param owner whose child holds the velocities
     * @param parameters what is moved, in place; the caller's to close
     * @param rule how
     */
    public Nesterov(NDManager owner, List<NDArray> parameters, Rule rule) {
        this.parameters = ImmutableList.copyOf(parameters);
        this.rule = rule;
        manager = owner.newSubManager();
        velocities =
                parameters.stream()
                        .map(p -> manager.zeros(p.getShape(), p.getDataType()))
                        .collect(ImmutableList.toImmutableList());
        momentum = scalar(manager, rule.momentum());
        decay = scalar(manager, rule.decay());
    }

    /** Beside a tensor, a number that does not change the tensor's type. */
    private static NDArray scalar(NDManager manager, double value) {
        return manager.create(new double[] {value}, new Shape());
    }

    /**
     * Lends the velocity of a parameter.
     *
     * @param i which parameter
     * @return v, of its shape
     */
    public NDArray velocity(int i) {
        return velocities.get(i);
    }

    /**
     * Takes a step.
     *
     * @param gradients one for each parameter, of its shape and type; changed, and then of no
     *     further use
     * @param factor what they are multiplied by first, before the clip: one over how many they are
     *     sums of, say
     * @param rate learning rate
     */
    public void step(List<NDArray> gradients, double factor, double rate) {
        checkArgument(
                gradients.size() == parameters.size(),
                "%s gradients for %s parameters",
                gradients.size(),
                parameters.size());
        double clipped = factor;
        if (rule.clip().isPresent()) {
            clipped *= GradientNorm.factor(norm(gradients) * factor, rule.clip().getAsDouble());
        }
        try (NDArray scale = scalar(manager, clipped);
                NDArray by = scalar(manager, rate)) {
            for (int i = 0; i < gradients.size(); i++) {
                step(parameters.get(i), gradients.get(i), velocities.get(i), scale, by);
            }
        }
    }

    private static double norm(List<NDArray> gradients) {
        double sum = 0;
        for (NDArray gradient : gradients) {
            try (NDArray square = gradient.square();
                    NDArray all = square.sum();
                    NDArray wide = all.toType(DataType.FLOAT64, true)) {
                sum += wide.toDoubleArray()[0];
            }
        }
        return Math.sqrt(sum);
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

    /** Gives the velocities back. */
    @Override
    public void close() {
        manager.close();
    }
}
