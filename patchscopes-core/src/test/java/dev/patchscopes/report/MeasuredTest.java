package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.patchscopes.measure.Estimate;
import dev.patchscopes.measure.Rate;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredTest {

    @Test
    void aShareHasItsInterval() {
        Rate rate = new Rate(3, 4, 4);
        assertThat(Measured.of(rate)).isEqualTo(new Measured(.75, rate.low(), rate.high()));
        assertThat(Measured.of(rate).hasInterval()).isTrue();
    }

    @Test
    void aShareOfNothingIsNoNumber() {
        Measured none = Measured.of(new Rate(0, 0, 0));
        assertThat(none.isPresent()).isFalse();
        assertThat(none.hasInterval()).isFalse();
    }

    @Test
    void aMeanHasItsInterval() {
        Estimate estimate = Estimate.of(List.of(1.0, 2.0, 6.0));
        assertThat(Measured.of(estimate))
                .isEqualTo(new Measured(3, estimate.low(), estimate.high()));
    }

    @Test
    void aPlainNumberHasNone() {
        assertThat(Measured.of(2).hasInterval()).isFalse();
        assertThat(Measured.of(2).isPresent()).isTrue();
        assertThat(Intervals.show(Measured.of(2))).isEqualTo("2");
        assertThat(Intervals.show(new Measured(.5, .25, .75))).isEqualTo("0.500 [0.250, 0.750]");
        assertThat(Intervals.show(Measured.of(Double.NaN))).isEmpty();
    }

    @Test
    void anIntervalHasTwoEndsThatAscend() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Measured(1, 2, 0))
                .withMessage("the interval of 1.0 goes from 2.0 to 0.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Measured(1, Double.NaN, 2))
                .withMessage("the interval of 1.0 goes from NaN to 2.0");
    }
}
