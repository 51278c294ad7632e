package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Estimate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Intervals over pairs of which some say the same thing twice. */
class PairBootstrapTest {
    private static final int PAIRS = 12;

    private static PairReading reading(
            int clean, int corrupted, double cleanMetric, double corruptedMetric, String... about) {
        return new PairReading(
                ImmutableList.of("#" + clean),
                ImmutableList.of("#" + corrupted),
                ImmutableList.of(clean),
                ImmutableList.of(corrupted),
                ImmutableList.of(1),
                ImmutableList.of(2),
                ImmutableList.copyOf(about),
                cleanMetric,
                corruptedMetric);
    }

    @Test
    void pairsThatShareAPromptOrASubjectGoTogetherAndSoDoWhatTheyConnect() {
        assertThat(
                        PairClusters.of(
                                List.of(
                                        reading(1, 2, 1, 0),
                                        reading(3, 4, 1, 0, "Japan", "France"),
                                        reading(2, 1, 1, 0),
                                        reading(5, 6, 1, 0, "Peru", "Chile"),
                                        reading(7, 8, 1, 0, "France", "Peru"),
                                        reading(9, 10, 1, 0, "Norway", "Spain"))))
                .containsExactly(
                        ImmutableList.of(0, 2), ImmutableList.of(1, 3, 4), ImmutableList.of(5));
    }

    @Test
    void sayingAllTwiceMakesAnIntervalNoNarrower() {
        Random random = new Random(1);
        List<PairReading> once = new ArrayList<>();
        double[] values = new double[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            once.add(reading(2 * i, 2 * i + 1, 2 + random.nextDouble(), random.nextDouble()));
            values[i] = 1 + random.nextGaussian();
        }
        List<PairReading> twice = new ArrayList<>();
        double[] valuesTwice = new double[2 * PAIRS];
        for (int i = 0; i < 2 * PAIRS; i++) {
            twice.add(once.get(i / 2));
            valuesTwice[i] = values[i / 2];
        }
        Estimate one = PairBootstrap.normalised(once, values, 3);
        Estimate two = PairBootstrap.normalised(twice, valuesTwice, 3);
        assertThat(one.high() - one.low()).isGreaterThan(0.1);
        assertThat(two.mean()).isCloseTo(one.mean(), within(1e-12));
        assertThat(two.low()).isCloseTo(one.low(), within(1e-12));
        assertThat(two.high()).isCloseTo(one.high(), within(1e-12));
        assertThat(one.mean()).isBetween(one.low(), one.high());
    }

    @Test
    void whatHasNoIntervalIsRefused() {
        List<PairReading> reverse = List.of(reading(1, 2, 1, 0), reading(2, 1, 2, 0));
        assertThatThrownBy(() -> PairBootstrap.normalised(reverse, new double[2], 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("at least 2 clusters")
                .hasMessageContaining("the 2 given are 1");
        List<PairReading> unmoved = List.of(reading(1, 2, 1, 0), reading(3, 4, 1, 1));
        assertThatThrownBy(() -> PairBootstrap.normalised(unmoved, new double[2], 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("of 2000 draws")
                .hasMessageContaining("use effect(...)");
        List<PairReading> opposite = List.of(reading(1, 2, 1, 0), reading(3, 4, 0, 1));
        assertThatThrownBy(() -> PairBootstrap.normalised(opposite, new double[2], 0))
                .isInstanceOf(IllegalStateException.class);
    }
}
