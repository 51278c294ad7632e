package dev.patchscopes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rounded numbers as people read them. */
class FixedTest {

    @Test
    void zerosHaveNoMinus() {
        assertThat(Fixed.of(-0.0, 1)).isEqualTo("0.0");
        assertThat(Fixed.of(-.04, 1)).isEqualTo("0.0");
        assertThat(Fixed.text(-1e-12, 3)).isEqualTo("0.000");
        assertThat(Fixed.signed(-1e-12, 3)).isEqualTo("+0.000");
        assertThat(Fixed.signed(0, 2)).isEqualTo("+0.00");
    }

    @Test
    void otherNumbersKeepTheirSign() {
        assertThat(Fixed.of(-.05, 1)).isEqualTo("-0.1");
        assertThat(Fixed.text(12.345678, 2)).isEqualTo("12.35");
        assertThat(Fixed.text(1e9, 1)).isEqualTo("1000000000.0");
        assertThat(Fixed.signed(.5, 2)).isEqualTo("+0.50");
        assertThat(Fixed.signed(-.5, 2)).isEqualTo("-0.50");
    }

    @Test
    void whatIsNotFiniteIsNamedInTextsOnly() {
        assertThat(Fixed.of(Double.NaN, 2)).isEmpty();
        assertThat(Fixed.text(Double.NaN, 2)).isEqualTo("NaN");
        assertThat(Fixed.text(Double.NEGATIVE_INFINITY, 2)).isEqualTo("-Infinity");
        assertThat(Fixed.signed(Double.NaN, 2)).isEqualTo("NaN");
        assertThat(Fixed.signed(Double.POSITIVE_INFINITY, 2)).isEqualTo("+Infinity");
    }
}
