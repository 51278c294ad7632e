package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AxisTicksTest {

    @Test
    void ticksAreRoundNumbers() {
        assertThat(AxisTicks.of(1, 6, 0).between(0, 1))
                .containsExactly(new double[] {0, .2, .4, .6, .8, 1}, within(1e-12));
        assertThat(AxisTicks.of(1.2, 5, 0).between(-.1, 1.1))
                .containsExactly(new double[] {0, .5, 1}, within(1e-12));
        assertThat(AxisTicks.of(24, 8, 1).between(0, 24)).containsExactly(0, 5, 10, 15, 20);
        assertThat(AxisTicks.of(2, 8, 1).between(0, 2)).containsExactly(0, 1, 2);
    }

    @Test
    void ticksHaveTheDecimalsOfTheirStep() {
        assertThat(new AxisTicks(.2).show(.6000000000000001)).isEqualTo("0.6");
        assertThat(new AxisTicks(.05).show(.1)).isEqualTo("0.10");
        assertThat(new AxisTicks(5).show(-10)).isEqualTo("-10");
        assertThat(new AxisTicks(1e-5).show(3e-5)).isEqualTo("3.0e-05");
        assertThat(new AxisTicks(1e-5).show(0)).isEqualTo("0");
        assertThat(new AxisTicks(1e6).show(2e6)).isEqualTo("2.0e+06");
    }

    @Test
    void thereAreSomeAndNotTooMany() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            double low = random.nextGaussian();
            double size = Math.pow(10, 8 * random.nextDouble() - 4);
            int most = 3 + random.nextInt(8);
            double[] ticks = AxisTicks.of(size, most, 0).between(low, low + size);
            assertThat(ticks).hasSizeBetween(1, most);
            assertThat(ticks[0]).isGreaterThanOrEqualTo(low - size * 1e-6);
            assertThat(ticks[ticks.length - 1]).isLessThanOrEqualTo(low + size * (1 + 1e-6));
        }
    }
}
