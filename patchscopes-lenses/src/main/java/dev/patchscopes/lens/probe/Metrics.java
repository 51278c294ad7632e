package dev.patchscopes.lens.probe;

import java.util.Arrays;

/** How well predictions fit the truth. */
final class Metrics {

    private static final double SMALLEST = 1e-300;

    private Metrics() {}

    /** {@return the most probable class of each example; the first of equals} */
    static int[] predicted(double[][] probabilities) {
        return Arrays.stream(probabilities).mapToInt(Metrics::largest).toArray();
    }

    private static int largest(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    /** {@return the number of examples predicted right} */
    static int right(int[] truth, int[] predicted) {
        int right = 0;
        for (int i = 0; i < truth.length; i++) {
            right += truth[i] == predicted[i] ? 1 : 0;
        }
        return right;
    }

    /** {@return the share of examples predicted right} */
    static double accuracy(int[] truth, int[] predicted) {
        return (double) right(truth, predicted) / truth.length;
    }

    /** {@return mean of minus the logarithm of the probability of the truth, in nats} */
    static double logLoss(int[] truth, double[][] probabilities) {
        double sum = 0;
        for (int i = 0; i < truth.length; i++) {
            sum -= Math.log(Math.max(probabilities[i][truth[i]], SMALLEST));
        }
        return sum / truth.length;
    }

    /** {@return mean F1 of the classes that occur in truth or predictions, each alike} */
    static double macroF1(int[] truth, int[] predicted, int classes) {
        int[] both = new int[classes];
        int[] either = new int[classes]; // in the truth, plus in the predictions
        for (int i = 0; i < truth.length; i++) {
            either[truth[i]]++;
            either[predicted[i]]++;
            both[truth[i]] += truth[i] == predicted[i] ? 1 : 0;
        }
        double sum = 0;
        int occurring = 0;
        for (int k = 0; k < classes; k++) {
            if (either[k] > 0) {
                sum += 2.0 * both[k] / either[k];
                occurring++;
            }
        }
        return sum / occurring;
    }
}
