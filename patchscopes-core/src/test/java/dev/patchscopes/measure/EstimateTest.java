package dev.patchscopes.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Intervals of values that go together. */
class EstimateTest {
    private static final List<Double> VALUES = List.of(1.0, 4.0, 2.0, 9.0);

    @Test
    void singleValuesHaveTheUsualInterval() {
        Estimate mean = Estimate.of(VALUES, List.of("a", "b", "c", "d"));
        assertThat(Estimate.of(VALUES)).isEqualTo(mean);
        double variance = (9 + 0 + 4 + 25) / 3.0; // around 4
        assertThat(mean.mean()).isEqualTo(4);
        assertThat(mean.high() - mean.mean())
                .isCloseTo(1.959964 * Math.sqrt(variance / 4), within(1e-5));
        assertThat(mean.mean() - mean.low()).isCloseTo(mean.high() - mean.mean(), within(1e-12));
        assertThat(mean.count()).isEqualTo(4);
    }

    @Test
    void copiesOfAValueDoNotNarrowTheInterval() {
        List<Double> copies = new ArrayList<>();
        List<Integer> clusters = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            copies.add(VALUES.get(i % 4));
            clusters.add(i % 4);
        }
        Estimate once = Estimate.of(VALUES, List.of(0, 1, 2, 3));
        Estimate thrice = Estimate.of(copies, clusters);
        assertThat(thrice.low()).isCloseTo(once.low(), within(1e-12));
        assertThat(thrice.high()).isCloseTo(once.high(), within(1e-12));
    }

    @Test
    void zerosHaveNoSign() {
        assertThat(new Estimate(-1e-9, -.0004, .25, 4)).hasToString("0.000 [0.000, 0.250]");
        assertThat(new Estimate(-.0006, -1, 1.2, 4)).hasToString("-0.001 [-1.000, 1.200]");
        assertThat(Estimate.of(List.of(.5))).hasToString("0.500 [NaN, NaN]");
        assertThat(new Difference(-.004, -.104, .004)).hasToString("+0.00 [-0.10, 0.00]");
        assertThat(new Difference(-.006, -.1, .1)).hasToString("-0.01 [-0.10, 0.10]");
    }

    @Test
    void oneClusterShowsNoSpread() {
        Estimate mean = Estimate.of(VALUES, List.of(1, 1, 1, 1));
        assertThat(mean.mean()).isEqualTo(4);
        assertThat(mean.low()).isNaN();
        assertThat(Estimate.of(List.of(), List.of()).mean()).isNaN();
    }
}
