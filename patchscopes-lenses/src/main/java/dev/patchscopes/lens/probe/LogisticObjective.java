package dev.patchscopes.lens.probe;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What a multinomial logistic regression minimises: mean log loss + |W|^2 / (2 C n), which is 1/2
 * |W|^2 + C sum of log losses, divided by C n; intercepts are not penalised.
 *
 * <p>Parameters are W [class, feature], row-major, then the intercepts [class]. Examples are split
 * into parts whose number depends on the data alone and whose sums are added in order, so that
 * every machine gets the same bits.
 */
final class LogisticObjective implements Objective {

    /** Rows whose scores are held at once, and which stay in the cache between the two products. */
    private static final int TILE = 32;

    private static final int PARTS = 16;

    /** Multiplications below which one thread is quicker. */
    private static final long ALONE = 100_000;

    private final double[][] features; // [example][feature]
    private final int[] labels; // [example]
    private final int classes;
    private final int width;
    private final double penalty; // 1 / (C n)
    private final int parts;
    private final double[][] gradients; // [part][parameter]

    LogisticObjective(double[][] features, int[] labels, int classes, double c) {
        this.features = features;
        this.labels = labels;
        this.classes = classes;
        this.width = features[0].length;
        this.penalty = 1 / (c * features.length);
        this.parts = Math.min(PARTS, (features.length + TILE - 1) / TILE);
        this.gradients = new double[parts][parameters()];
    }

    int parameters() {
        return classes * (width + 1);
    }

    @Override
    public double at(double[] point, double[] gradient) {
        IntStream range = IntStream.range(0, parts);
        long products = (long) features.length * width * classes;
        double[] losses = // [part]
                (products < ALONE ? range : range.parallel())
                        .mapToDouble(part -> loss(part, point, gradients[part]))
                        .toArray();
        Arrays.fill(gradient, 0);
        double value = 0;
        for (int part = 0; part < parts; part++) {
            value += losses[part];
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] += gradients[part][i];
            }
        }
        double share = 1.0 / features.length;
        double squares = 0;
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] *= share;
            if (i < classes * width) {
                gradient[i] += penalty * point[i];
                squares += point[i] * point[i];
            }
        }
        return value * share + penalty * squares / 2;
    }

    /** {@return the sum of log losses of a part; its gradient is left in {@code gradient}} */
    private double loss(int part, double[] point, double[] gradient) {
        Arrays.fill(gradient, 0);
        int from = (int) ((long) features.length * part / parts);
        int to = (int) ((long) features.length * (part + 1) / parts);
        double[] scores = new double[TILE * classes]; // [row, class]
        double loss = 0;
        for (int tile = from; tile < to; tile += TILE) {
            int rows = Math.min(TILE, to - tile);
            scores(tile, rows, point, scores);
            for (int row = 0; row < rows; row++) {
                loss += residual(scores, row * classes, labels[tile + row]);
            }
            accumulate(tile, rows, scores, gradient);
        }
        return loss;
    }

    /**
     * W x + b of some rows, four rows and two classes at a time: eight independent sums keep the
     * processor busy. At the ends the last row or class is simply computed again.
     */
    private void scores(int tile, int rows, double[] point, double[] scores) {
        int biases = classes * width;
        for (int row = 0; row < rows; row += 4) {
            int r1 = Math.min(row + 1, rows - 1);
            int r2 = Math.min(row + 2, rows - 1);
            int r3 = Math.min(row + 3, rows - 1);
            double[] x0 = features[tile + row];
            double[] x1 = features[tile + r1];
            double[] x2 = features[tile + r2];
            double[] x3 = features[tile + r3];
            for (int k = 0; k < classes; k += 2) {
                int k1 = Math.min(k + 1, classes - 1);
                int w = k * width;
                int w1 = k1 * width;
                double a0 = point[biases + k];
                double a1 = a0;
                double a2 = a0;
                double a3 = a0;
                double b0 = point[biases + k1];
                double b1 = b0;
                double b2 = b0;
                double b3 = b0;
                for (int j = 0; j < width; j++) {
                    double wa = point[w + j];
                    double wb = point[w1 + j];
                    a0 += wa * x0[j];
                    b0 += wb * x0[j];
                    a1 += wa * x1[j];
                    b1 += wb * x1[j];
                    a2 += wa * x2[j];
                    b2 += wb * x2[j];
                    a3 += wa * x3[j];
                    b3 += wb * x3[j];
                }
                scores[row * classes + k] = a0;
                scores[row * classes + k1] = b0;
                scores[r1 * classes + k] = a1;
                scores[r1 * classes + k1] = b1;
                scores[r2 * classes + k] = a2;
                scores[r2 * classes + k1] = b2;
                scores[r3 * classes + k] = a3;
                scores[r3 * classes + k1] = b3;
            }
        }
    }

    /** Turns a row of scores into probabilities minus the truth, and returns its log loss. */
    private double residual(double[] scores, int from, int label) {
        double truth = scores[from + label];
        double sum = Softmax.inPlace(scores, from, classes);
        scores[from + label] -= 1;
        return sum - truth;
    }

    /** Adds residual times features, four rows at a time in loops that vectorise. */
    private void accumulate(int tile, int rows, double[] residuals, double[] gradient) {
        int biases = classes * width;
        for (int row = 0; row < rows; row += 4) {
            int left = rows - row;
            double[] x0 = features[tile + row];
            double[] x1 = features[tile + Math.min(row + 1, rows - 1)];
            double[] x2 = features[tile + Math.min(row + 2, rows - 1)];
            double[] x3 = features[tile + Math.min(row + 3, rows - 1)];
            for (int k = 0; k < classes; k++) {
                int at = row * classes + k;
                double r0 = residuals[at];
                double r1 = left > 1 ? residuals[at + classes] : 0;
                double r2 = left > 2 ? residuals[at + 2 * classes] : 0;
                double r3 = left > 3 ? residuals[at + 3 * classes] : 0;
                gradient[biases + k] += r0 + r1 + r2 + r3;
                addRows(gradient, k * width, r0, x0, r1, x1, r2, x2, r3, x3);
            }
        }
    }

    private static void addRows(
            double[] to,
            int offset,
            double r0,
            double[] x0,
            double r1,
            double[] x1,
            double r2,
            double[] x2,
            double r3,
            double[] x3) {
        for (int j = 0; j < x0.length; j++) {
            to[offset + j] += r0 * x0[j] + r1 * x1[j] + r2 * x2[j] + r3 * x3[j];
        }
    }
}
