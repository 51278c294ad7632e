package dev.patchscopes.lens.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Steps worked out by hand; those of PyTorch are with the tuned lens's descent. */
class NesterovTest {

    @Test
    void stepsAreThoseOfTheFormula() {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray values = manager.create(new double[] {2, -1});
            Nesterov.Rule rule = new Nesterov.Rule(0.9, 0.1, OptionalDouble.of(5));
            try (Nesterov steps = new Nesterov(manager, List.of(values), rule)) {
                // twice (15, 20): norm 50, limited to 5
                steps.step(List.of(manager.create(new double[] {15, 20})), 2, 0.01);
                double scale = 5 / (50 + 1e-6);
                double[] g = {30 * scale + 0.2, 40 * scale - 0.1}; // v = g
                double[] first = values.toDoubleArray();
                assertThat(first[0]).isCloseTo(2 - 0.01 * 1.9 * g[0], within(1e-15));
                assertThat(first[1]).isCloseTo(-1 - 0.01 * 1.9 * g[1], within(1e-15));
                steps.step(List.of(manager.create(new double[] {0, 0})), 1, 0.01);
                double decay = 0.1 * first[0];
                double v = 0.9 * g[0] + decay;
                assertThat(values.toDoubleArray()[0])
                        .isCloseTo(first[0] - 0.01 * (decay + 0.9 * v), within(1e-15));
                assertThat(steps.velocity(0).toDoubleArray()[0]).isCloseTo(v, within(1e-15));
                assertThatThrownBy(() -> steps.step(List.of(), 1, 1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("0 gradients for 1 parameters");
            }
        }
    }

    @Test
    void aSmallGradientIsLetThrough() {
        assertThat(GradientNorm.factor(0.5, 1)).isEqualTo(1);
        assertThat(GradientNorm.factor(0, 1)).isEqualTo(1);
        assertThat(GradientNorm.factor(4, 1)).isEqualTo(1 / (4 + 1e-6));
        assertThat(GradientNorm.factor(1, 1)).isEqualTo(1 / (1 + 1e-6)); // as PyTorch's
    }
}
