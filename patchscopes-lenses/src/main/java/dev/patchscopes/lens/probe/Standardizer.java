package dev.patchscopes.lens.probe;

/**
 * Brings features to mean 0 and standard deviation 1, by the statistics of the training examples.
 *
 * <p>Residual streams have a few dimensions far larger than the others, on which a penalty common
 * to all would hardly act, and a solver would creep. A feature that never varies is only centred.
 *
 * @param means [feature]
 * @param scales standard deviations (of the population) [feature]; 1 for a constant
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
record Standardizer(double[] means, double[] scales) {

    /** Deviations below this share of the mean are rounding. */
    private static final double CONSTANT = 1e-12;

    /**
     * @param states [example][feature]
     * @param rows which of them are training examples
     */
    static Standardizer of(float[][] states, int[] rows) {
        int width = states[rows[0]].length;
        double[] means = new double[width];
        for (int row : rows) {
            for (int j = 0; j < width; j++) {
                means[j] += states[row][j];
            }
        }
        for (int j = 0; j < width; j++) {
            means[j] /= rows.length;
        }
        double[] scales = new double[width];
        for (int row : rows) {
            for (int j = 0; j < width; j++) {
                double from = states[row][j] - means[j];
                scales[j] += from * from;
            }
        }
        for (int j = 0; j < width; j++) {
            double deviation = Math.sqrt(scales[j] / rows.length);
            scales[j] = deviation <= CONSTANT * Math.abs(means[j]) ? 1 : deviation;
        }
        return new Standardizer(means, scales);
    }

    /** {@return the features of some examples [row][feature]} */
    double[][] apply(float[][] states, int[] rows) {
        double[][] out = new double[rows.length][means.length];
        for (int i = 0; i < rows.length; i++) {
            float[] state = states[rows[i]];
            for (int j = 0; j < means.length; j++) {
                out[i][j] = (state[j] - means[j]) / scales[j];
            }
        }
        return out;
    }
}
