package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a difference is a scale, and where it may be rounding. */
class BaseMetricsTest {

    @ParameterizedTest
    @CsvSource({
        "1e-6, 0, false", // of 1, if both are smaller
        "1.001e-6, 0, true",
        "0, 0.999e-6, false",
        "0, 1.001e-6, true",
        "200, 199.9998001, false", // of the larger one
        "200, 199.9997999, true",
        "-200, -199.9998001, false",
        "-200, -199.9997999, true",
        "3, 3, false",
        "-1, 1, true"
    })
    void aDifferenceOfMoreThanAMillionthIsAScale(double clean, double corrupted, boolean is) {
        BaseMetrics base = new BaseMetrics(clean, corrupted);
        assertThat(base.isNormalised()).isEqualTo(is);
        if (is) {
            assertThat(base.normalised(clean)).isCloseTo(1, within(1e-12));
            assertThat(base.normalised(corrupted)).isZero();
        }
    }
}
