package dev.patchscopes.lens.probe;

import dev.patchscopes.measure.Rate;

/**
 * How well the probe of one layer does on test examples, beside what does not need the layer.
 *
 * @param layer k in 0..L
 * @param c inverse strength of the penalty, chosen on validation examples
 * @param iterations steps of the solver
 * @param converged whether the solver reached its tolerance
 * @param validationAccuracy share of validation examples right; layers are compared by it
 * @param validationLoss log loss of validation examples, in nats; values of C are compared by it
 * @param accuracy share of test examples right
 * @param macroF1 mean F1 of the labels that occur among test examples or predictions, each alike
 * @param shuffled accuracy of a probe trained on the training labels in random order
 * @param control accuracy in the control task: keys with random labels
 * @param memory share of training examples right in the control task, that is how much of labels
 *     that mean nothing the probe can remember
 */
public record LayerScore(
        int layer,
        double c,
        int iterations,
        boolean converged,
        double validationAccuracy,
        double validationLoss,
        Rate accuracy,
        double macroF1,
        Rate shuffled,
        Rate control,
        double memory) {

    /**
     * Returns how much of the accuracy is not the probe's own memory: accuracy minus that in the
     * control task (Hewitt and Liang 2019, "Designing and Interpreting Probes with Control Tasks").
     * It says something only where keys of test examples were seen in training, see {@link
     * ProbeScores}: a control task of unseen keys cannot be learned, and what is left is the
     * accuracy above chance.
     *
     * @return -1 to 1
     */
    public double selectivity() {
        return accuracy.share() - control.share();
    }

    /** {@return layer and accuracy in a line} */
    @Override
    public String toString() {
        return "layer %d: accuracy %s, control %s".formatted(layer, accuracy, control);
    }
}
