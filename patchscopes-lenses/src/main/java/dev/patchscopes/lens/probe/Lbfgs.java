package dev.patchscopes.lens.probe;

import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.Progress;
import java.util.Arrays;

/**
 * L-BFGS (Nocedal and Wright, "Numerical Optimization", 2nd edition, algorithm 7.4) with a line
 * search for the weak Wolfe conditions by bisection and doubling (Lewis and Overton, "Nonsmooth
 * optimization via quasi-Newton methods", 2013).
 *
 * <p>Written here because no library fits: Apache Commons Math 3 and Hipparchus have none; that of
 * OpenNLP stops at tolerances fixed at 1e-4 and asks for value and gradient in two calls, so that
 * each product with the features would be computed twice; lbfgs4j has had no release since 2017;
 * Smile and CoreNLP are under the GPL.
 */
final class Lbfgs {

    /** Steps remembered. */
    private static final int MEMORY = 10;

    private static final double SUFFICIENT_DECREASE = 1e-4;
    private static final double CURVATURE = 0.9;
    private static final int TRIALS = 40;

    /** Near the minimum, differences of values drown in rounding of about this share of them. */
    private static final double ROUNDING = 4e-16;

    /**
     * Where a minimisation ended.
     *
     * @param point the best point [parameter]
     * @param value the function there
     * @param gradient largest magnitude of the gradient's components there
     * @param iterations steps taken
     * @param converged whether that magnitude is within the tolerance
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    record Result(
            double[] point, double value, double gradient, int iterations, boolean converged) {}

    private final Objective objective;
    private final double[][] steps = new double[MEMORY][]; // s, newest at (count - 1) % MEMORY
    private final double[][] changes = new double[MEMORY][]; // y, of the gradient over the step
    private final double[] curvatures = new double[MEMORY]; // s y
    private int count;

    private double[] point;
    private double[] gradient;
    private double value;

    private Lbfgs(Objective objective, double[] start) {
        this.objective = objective;
        this.point = start.clone();
        this.gradient = new double[start.length];
        this.value = objective.at(point, gradient);
    }

    /**
     * Minimises a function.
     *
     * @param start where to begin; not changed
     * @param maxIterations steps at most
     * @param tolerance of the largest magnitude of the gradient's components
     */
    static Result minimize(
            Objective objective, double[] start, int maxIterations, double tolerance) {
        return new Lbfgs(objective, start).run(maxIterations, tolerance);
    }

    private Result run(int maxIterations, double tolerance) {
        int iterations = 0;
        while (largest(gradient) > tolerance && iterations < maxIterations) {
            Steps.stopIfAsked(
                    Progress.none(), "the fit of a probe", iterations, maxIterations, "iterations");
            double[] direction = direction();
            double first = count == 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
            if (!step(direction, first)) {
                if (count == 0) {
                    break; // not even the steepest descent goes down: rounding is all that is left
                }
                count = 0; // what was remembered no longer helps
                continue;
            }
            iterations++;
        }
        double norm = largest(gradient);
        return new Result(point, value, norm, iterations, norm <= tolerance);
    }

    /** {@return minus the approximate inverse Hessian times the gradient} */
    private double[] direction() {
        double[] d = gradient.clone();
        double[] alphas = new double[MEMORY];
        int oldest = Math.max(0, count - MEMORY);
        for (int i = count - 1; i >= oldest; i--) {
            int slot = i % MEMORY;
            alphas[slot] = dot(steps[slot], d) / curvatures[slot];
            add(d, -alphas[slot], changes[slot]);
        }
        if (count > 0) {
            int newest = (count - 1) % MEMORY;
            double scale = curvatures[newest] / dot(changes[newest], changes[newest]);
            scale(d, scale);
        }
        for (int i = oldest; i < count; i++) {
            int slot = i % MEMORY;
            add(d, alphas[slot] - dot(changes[slot], d) / curvatures[slot], steps[slot]);
        }
        scale(d, -1);
        return d;
    }

    /** Moves along a direction and remembers the step; false if no length gives a decrease. */
    private boolean step(double[] direction, double first) {
        double slope = dot(gradient, direction);
        if (!(slope < 0)) {
            return false;
        }
        double[] to = new double[point.length];
        double[] gradientThere = new double[point.length];
        double slack = ROUNDING * Math.abs(value);
        double low = 0;
        double high = Double.POSITIVE_INFINITY;
        double length = first;
        for (int trial = 0; trial < TRIALS; trial++) {
            for (int i = 0; i < to.length; i++) {
                to[i] = point[i] + length * direction[i];
            }
            double valueThere = objective.at(to, gradientThere);
            double slopeThere = dot(gradientThere, direction);
            if (!(valueThere <= value + SUFFICIENT_DECREASE * length * slope + slack)) {
                high = length;
            } else if (slopeThere < CURVATURE * slope) {
                low = length;
            } else {
                remember(to, gradientThere);
                value = valueThere;
                return true;
            }
            length = high == Double.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
        }
        return false;
    }

    private void remember(double[] to, double[] gradientThere) {
        double[] s = to.clone();
        add(s, -1, point);
        double[] y = gradientThere.clone();
        add(y, -1, gradient);
        double curvature = dot(s, y);
        point = to;
        gradient = gradientThere;
        if (curvature > 0) {
            int slot = count % MEMORY;
            steps[slot] = s;
            changes[slot] = y;
            curvatures[slot] = curvature;
            count++;
        }
    }

    private static double largest(double[] v) {
        return Arrays.stream(v).map(Math::abs).max().orElse(0);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void add(double[] to, double factor, double[] v) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * v[i];
        }
    }

    private static void scale(double[] v, double factor) {
        for (int i = 0; i < v.length; i++) {
            v[i] *= factor;
        }
    }
}
