package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RateTest {

    @Test
    void theIntervalIsWilsons() {
        // The ends p solve (8/10 - p)^2 = z^2 p (1 - p) / 10.
        Rate rate = new Rate(8, 10, 10);
        for (double p : new double[] {rate.low(), rate.high()}) {
            assertThat(Math.pow(0.8 - p, 2))
                    .isCloseTo(Math.pow(1.959963984540054, 2) * p * (1 - p) / 10, within(1e-12));
        }
        assertThat(rate.low()).isCloseTo(0.4902, within(1e-4));
        assertThat(rate.high()).isCloseTo(0.9433, within(1e-4));
    }

    @Test
    void subjectsAskedAboutTwiceCountOnce() {
        assertThat(new Rate(16, 20, 10).low()).isEqualTo(new Rate(8, 10, 10).low());
        assertThat(new Rate(16, 20, 10).share()).isEqualTo(0.8);
    }

    @Test
    void theEndsStayWithinTheShares() {
        assertThat(new Rate(0, 20, 20).low()).isZero();
        assertThat(new Rate(20, 20, 20).high()).isEqualTo(1);
        assertThat(new Rate(0, 0, 0)).hasToString("none");
    }

    @Test
    void impossibleCountsAreRefused() {
        assertThatThrownBy(() -> new Rate(3, 2, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Rate(1, 2, 3)).isInstanceOf(IllegalArgumentException.class);
    }
}
