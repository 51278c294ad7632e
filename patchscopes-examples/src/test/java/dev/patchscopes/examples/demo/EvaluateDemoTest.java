package dev.patchscopes.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import org.junit.jupiter.api.Test;

/** The arithmetic of the measurements; the model is measured where it is bundled. */
class EvaluateDemoTest {

    private static LayerReadings diverging(double... divergence) {
        return new LayerReadings(
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.of(),
                ImmutableDoubleArray.copyOf(divergence));
    }

    @Test
    void theRankCorrelationSaysWhetherTheDivergenceFalls() {
        assertThat(diverging(5, 4, 3, 0).rankCorrelation()).isCloseTo(-1, within(1e-12));
        assertThat(diverging(0, 1, 7, 8).rankCorrelation()).isCloseTo(1, within(1e-12));
        // ranks 2 3 1 0 against 0 1 2 3: 1 - 6 * (4 + 4 + 1 + 9) / (4 * 15)
        assertThat(diverging(2, 3, 1, 0).rankCorrelation()).isCloseTo(-0.8, within(1e-12));
    }

    @Test
    void theBestLayerIsChosenOnTheHalfThatChooses() {
        EntityDescriptions described =
                new EntityDescriptions(
                        4,
                        5,
                        ImmutableDoubleArray.of(0, 0.5, 0.5, 0.1),
                        ImmutableDoubleArray.of(1, 0.25, 0.5, 0.9));
        assertThat(described.best()).isEqualTo(1);
        assertThat(ImmutableList.of(described.reported().get(described.best())))
                .containsExactly(0.25);
    }
}
