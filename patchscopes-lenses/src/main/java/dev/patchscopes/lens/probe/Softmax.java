package dev.patchscopes.lens.probe;

/** Scores to probabilities. */
final class Softmax {

    private Softmax() {}

    /**
     * Replaces scores by their softmax.
     *
     * @return the logarithm of the sum of their exponentials
     */
    static double inPlace(double[] scores, int from, int length) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = from; i < from + length; i++) {
            max = Math.max(max, scores[i]);
        }
        double sum = 0;
        for (int i = from; i < from + length; i++) {
            scores[i] = Math.exp(scores[i] - max);
            sum += scores[i];
        }
        for (int i = from; i < from + length; i++) {
            scores[i] /= sum;
        }
        return max + Math.log(sum);
    }
}
