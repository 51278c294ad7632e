package dev.patchscopes.lens.probe;

import java.util.Arrays;

/**
 * Examples of three classes that any language can make again: a linear congruential generator draws
 * a teacher [class, feature], then for each example its features and a noise for each class; the
 * label is the class with the largest score.
 */
final class SmallData {
    static final int CLASSES = 3;
    static final int WIDTH = 4;
    static final int EXAMPLES = 60;

    private long state;
    final double[][] features = new double[EXAMPLES][WIDTH];
    final int[] labels = new int[EXAMPLES];

    SmallData(long seed) {
        state = seed;
        double[][] teacher = new double[CLASSES][WIDTH];
        for (double[] row : teacher) {
            Arrays.setAll(row, j -> next());
        }
        for (int i = 0; i < EXAMPLES; i++) {
            double[] x = features[i];
            Arrays.setAll(x, j -> next());
            double best = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < CLASSES; k++) {
                double score = 0;
                for (int j = 0; j < WIDTH; j++) {
                    score += teacher[k][j] * x[j];
                }
                score += 0.5 * next();
                if (score > best) {
                    best = score;
                    labels[i] = k;
                }
            }
        }
    }

    /** {@return the next number, in -1..1} */
    private double next() {
        state = (state * 1103515245L + 12345L) % (1L << 31);
        return (double) state / (1L << 31) * 2 - 1;
    }
}
