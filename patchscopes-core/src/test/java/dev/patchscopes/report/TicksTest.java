package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Numbers along axes. */
class TicksTest {

    @Test
    void ticksAreRoundNumbers() {
        assertThat(Ticks.linear(0, 1, 6).at().toArray())
                .containsExactly(new double[] {0, .2, .4, .6, .8, 1}, within(1e-12));
        assertThat(Ticks.linear(-.1, 1.1, 5).at().toArray())
                .containsExactly(new double[] {0, .5, 1}, within(1e-12));
        assertThat(Ticks.whole(0, 24, 8).at().toArray()).containsExactly(0, 5, 10, 15, 20);
        assertThat(Ticks.whole(0, 2, 8).at().toArray()).containsExactly(0, 1, 2);
        assertThat(Ticks.only(7).at().toArray()).containsExactly(7);
    }

    @Test
    void ticksHaveTheDecimalsOfTheirStep() {
        assertThat(Ticks.linear(0, 1, 6).label(.6000000000000001)).isEqualTo("0.6");
        assertThat(Ticks.linear(0, .3, 6).label(.1)).isEqualTo("0.10");
        assertThat(Ticks.linear(-20, 10, 6).label(-10)).isEqualTo("-10");
        assertThat(Ticks.linear(0, 5e-5, 5).label(3e-5)).isEqualTo("3e-05");
        assertThat(Ticks.linear(0, 5e-5, 5).label(0)).isEqualTo("0");
        assertThat(Ticks.linear(0, 5e6, 5).label(2e6)).isEqualTo("2e+06");
        assertThat(Ticks.only(2.5).label(2.5)).isEqualTo("2.500");
    }

    @Test
    void thereAreSomeAndNotTooMany() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            double low = random.nextGaussian();
            double size = Math.pow(10, 8 * random.nextDouble() - 4);
            int most = 1 + random.nextInt(10);
            List<Double> ticks = Ticks.linear(low, low + size, most).at().asList();
            assertThat(ticks).isNotEmpty();
            if (most > 2) {
                assertThat(ticks).hasSizeLessThanOrEqualTo(most + 1);
            }
            assertThat(ticks.get(0)).isGreaterThanOrEqualTo(low - size * 1e-6);
            assertThat(ticks.get(ticks.size() - 1)).isLessThanOrEqualTo(low + size * (1 + 1e-6));
        }
    }
}
