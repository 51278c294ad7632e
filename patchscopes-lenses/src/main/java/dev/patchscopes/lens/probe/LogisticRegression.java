package dev.patchscopes.lens.probe;

import java.util.Arrays;

/**
 * A fitted multinomial logistic regression.
 *
 * @param parameters W [class, feature], row-major, then the intercepts [class]
 * @param classes how many
 * @param iterations steps of the solver
 * @param converged whether the gradient is within the tolerance
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
record LogisticRegression(double[] parameters, int classes, int iterations, boolean converged) {

    /**
     * When the solver stops.
     *
     * @param maxIterations steps at most
     * @param tolerance of the largest component of the gradient of the mean loss
     */
    record Stopping(int maxIterations, double tolerance) {}

    /**
     * Fits from a start.
     *
     * @param features [example][feature]
     * @param labels [example]
     * @param start parameters to begin with; empty for zeros
     */
    static LogisticRegression fit(
            double[][] features,
            int[] labels,
            int classes,
            double c,
            double[] start,
            Stopping stopping) {
        LogisticObjective objective = new LogisticObjective(features, labels, classes, c);
        Lbfgs.Result result =
                Lbfgs.minimize(
                        objective,
                        Arrays.copyOf(start, objective.parameters()),
                        stopping.maxIterations,
                        stopping.tolerance);
        return new LogisticRegression(
                result.point(), classes, result.iterations(), result.converged());
    }

    /** {@return the probabilities of examples [example][class]} */
    double[][] probabilities(double[][] features) {
        return Arrays.stream(features).map(this::probabilities).toArray(double[][]::new);
    }

    private double[] probabilities(double[] x) {
        double[] scores = new double[classes];
        for (int k = 0; k < classes; k++) {
            double sum = parameters[classes * x.length + k];
            for (int j = 0; j < x.length; j++) {
                sum += parameters[k * x.length + j] * x[j];
            }
            scores[k] = sum;
        }
        Softmax.inPlace(scores, 0, classes);
        return scores;
    }
}
