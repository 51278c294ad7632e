package dev.patchscopes.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** Values of Wilson's interval from tables. */
    @ParameterizedTest
    @CsvSource({
        "0, 10, 0, 0.277533",
        "5, 10, 0.236593, 0.763407",
        "8, 10, 0.490162, 0.943318",
        "10, 10, 0.722467, 1",
        "1, 29, 0.006113, 0.171755",
        "0, 0, 0, 1"
    })
    void theIntervalIsThatOfTables(int hits, int outcomes, double low, double high) {
        Rate rate = new Rate(hits, outcomes, outcomes);

        assertThat(rate.low()).isCloseTo(low, within(5e-7));
        assertThat(rate.high()).isCloseTo(high, within(5e-7));
    }

    @Test
    void outcomesAreCountedAndTheirSubjectsOnce() {
        // right if longer than one letter, about the first letter
        Rate rate = Rate.of(List.of("aa", "a", "bb", "aaa"), s -> s.length() > 1, s -> s.charAt(0));
        assertThat(rate).isEqualTo(new Rate(3, 4, 2));
        assertThat(Rate.of(List.<String>of(), s -> true, s -> s)).isEqualTo(new Rate(0, 0, 0));
    }

    @Test
    void ratesShowThemselves() {
        assertThat(new Rate(25, 40, 40)).hasToString("0.63 [0.47, 0.76] of 40");
        assertThat(new Rate(25, 40, 40).toCsv()).isEqualTo("0.625000,0.470324,0.757770,25,40,40");
        assertThat(new Rate(0, 0, 0).toCsv()).isEqualTo(",0.000000,1.000000,0,0,0");
        assertThat(new Rate(0, 0, 0).share()).isNaN();
        assertThat(Rate.CSV_COLUMNS.split(",")).hasSize(6);
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
        assertThatThrownBy(() -> new Rate(-1, 2, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Rate(0, 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0 hits of 1 outcomes of 0 subjects");
    }
}
