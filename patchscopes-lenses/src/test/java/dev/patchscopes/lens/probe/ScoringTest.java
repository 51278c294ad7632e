package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScoringTest {

    /** By hand: F1 is 2/3 for class 0, 1/2 for class 1, 0 for class 2; class 3 does not occur. */
    @Test
    void macroF1IsTheMeanOverWhatOccurs() {
        int[] truth = {0, 0, 0, 1, 1, 2};
        int[] predicted = {0, 0, 1, 1, 0, 1};
        assertThat(Scoring.macroF1(truth, predicted, 4))
                .isCloseTo((2.0 / 3 + 2.0 / 5 + 0) / 3, within(1e-15));
        assertThat(Scoring.accuracy(truth, predicted)).isEqualTo(0.5);
    }

    @Test
    void logLossIsTheMeanSurpriseAtTheTruth() {
        double[][] p = {{0.5, 0.5}, {0.25, 0.75}};
        assertThat(Scoring.logLoss(new int[] {0, 0}, p))
                .isCloseTo((Math.log(2) + Math.log(4)) / 2, within(1e-15));
        assertThat(Scoring.logLoss(new int[] {0}, new double[][] {{0, 1}})).isFinite();
    }

    /** Ends are the roots p of (share - p)^2 = z^2 p (1 - p) / n. */
    @Test
    void intervalsAreWilsons() {
        Accuracy seven = Accuracy.wilson(0.7, 10);
        for (double end : new double[] {seven.low(), seven.high()}) {
            assertThat((0.7 - end) * (0.7 - end))
                    .isCloseTo(
                            1.959963984540054 * 1.959963984540054 * end * (1 - end) / 10,
                            within(1e-12));
        }
        assertThat(seven.low()).isLessThan(0.7);
        assertThat(seven.high()).isGreaterThan(0.7);
        Accuracy all = Accuracy.wilson(1, 10);
        assertThat(all.low()).isCloseTo(0.7225, within(1e-4));
        assertThat(all.high()).isEqualTo(1);
        assertThat(seven).hasToString("0.70 [0.40, 0.89]");
        assertThatThrownBy(() -> Accuracy.wilson(0.5, 0)).hasMessageContaining("at least one");
        assertThatThrownBy(() -> Accuracy.wilson(1.5, 3)).hasMessageContaining("1.5");
    }
}
