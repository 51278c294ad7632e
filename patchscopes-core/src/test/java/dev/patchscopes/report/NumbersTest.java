package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0.0, 0",
        "1, 1",
        "-12, -12",
        "50257, 50257",
        "999999, 999999",
        "1000000, 1.0e+06",
        "-1234567, -1.2e+06",
        "0.5, 0.500",
        "0.9996, 1.000",
        "-0.1234, -0.123",
        "0.0005, 0.001",
        "0.00049, 4.9e-04",
        "-1e-9, -1.0e-09",
        "1.23456, 1.235",
        "12.3456, 12.35",
        "123.456, 123.5",
        "1234.56, 1235",
        "Infinity, ∞",
        "-Infinity, -∞"
    })
    void peopleReadFewDigits(double value, String shown) {
        assertThat(Numbers.show(value)).isEqualTo(shown);
    }

    @Test
    void nothingIsShownForNoNumber() {
        assertThat(Numbers.show(Double.NaN)).isEmpty();
    }

    @Test
    void pointsArePointsInEveryLanguage() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertThat(Numbers.show(1.5)).isEqualTo("1.500");
            assertThat(Numbers.show(1.5e-7)).isEqualTo("1.5e-07");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void whatIsShownIsNearTheNumber() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            double value = random.nextGaussian() * Math.pow(10, random.nextInt(-12, 12));
            String shown = Numbers.show(value);
            assertThat(Double.parseDouble(shown))
                    .isCloseTo(value, within(Math.max(.0005, Math.abs(value) * .05)));
            assertThat(shown).hasSizeLessThanOrEqualTo(8);
        }
    }
}
