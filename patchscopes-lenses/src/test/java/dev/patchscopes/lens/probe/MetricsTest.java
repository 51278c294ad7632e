package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MetricsTest {

    /** By hand: F1 is 2/3 for class 0, 1/2 for class 1, 0 for class 2; class 3 does not occur. */
    @Test
    void macroF1IsTheMeanOverWhatOccurs() {
        int[] truth = {0, 0, 0, 1, 1, 2};
        int[] predicted = {0, 0, 1, 1, 0, 1};
        assertThat(Metrics.macroF1(truth, predicted, 4))
                .isCloseTo((2.0 / 3 + 2.0 / 5 + 0) / 3, within(1e-15));
        assertThat(Metrics.right(truth, predicted)).isEqualTo(3);
        assertThat(Metrics.accuracy(truth, predicted)).isEqualTo(0.5);
    }

    @Test
    void logLossIsTheMeanSurpriseAtTheTruth() {
        double[][] p = {{0.5, 0.5}, {0.25, 0.75}};
        assertThat(Metrics.logLoss(new int[] {0, 0}, p))
                .isCloseTo((Math.log(2) + Math.log(4)) / 2, within(1e-15));
        assertThat(Metrics.logLoss(new int[] {0}, new double[][] {{0, 1}})).isFinite();
    }
}
