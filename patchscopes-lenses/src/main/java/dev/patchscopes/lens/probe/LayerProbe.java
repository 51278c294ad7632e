package dev.patchscopes.lens.probe;

import dev.patchscopes.measure.Rate;

/**
 * The probe of a layer and how well it does.
 *
 * @param score on examples it was not trained on
 * @param probe the classifier
 */
public record LayerProbe(LayerScore score, LinearProbe probe) {

    /** {@return the share of test examples right, with its interval} */
    public Rate accuracy() {
        return score.accuracy();
    }

    /** {@return accuracy minus that in the control task, see {@link LayerScore#selectivity()}} */
    public double selectivity() {
        return score.selectivity();
    }

    /** {@return layer and accuracy in a line} */
    @Override
    public String toString() {
        return score.toString();
    }
}
