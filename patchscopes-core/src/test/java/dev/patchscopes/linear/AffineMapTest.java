package dev.patchscopes.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.Mapping;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Affine maps against their formula. */
class AffineMapTest {
    private final Random random = new Random(3);
    private final AffineMap map =
            AffineMap.of(Oracle.random(random, 2, 3), Oracle.vector(random, 2));
    private final double[] x = Oracle.vector(random, 3);

    private static void assertNear(double[] actual, double[] expected) {
        assertThat(actual).containsExactly(expected, within(1e-13));
    }

    @Test
    void appliesItsFormula() {
        double[] y = new double[2];
        for (int i = 0; i < 2; i++) {
            y[i] = map.bias()[i];
            for (int j = 0; j < 3; j++) {
                y[i] += map.matrix().get(i, j) * x[j];
            }
        }
        assertNear(map.apply(x), y);
        Matrix rows = Oracle.random(random, 4, 3);
        for (int row = 0; row < 4; row++) {
            assertNear(map.applyToRows(rows).row(row), map.apply(rows.row(row)));
        }
        Mapping mapping = map.toMapping();
        assertNear(mapping.apply(x), y);
        assertThat(mapping).isEqualTo(Mapping.affine(map.matrix().toArray(), map.bias()));
        assertThat(map.inputWidth()).isEqualTo(3);
        assertThat(map.outputWidth()).isEqualTo(2);
        assertThat(map).hasToString("affine map from 3 to 2");
    }

    @Test
    void composesInOrder() {
        AffineMap next = AffineMap.of(Oracle.random(random, 4, 2), Oracle.vector(random, 4));
        assertNear(map.andThen(next).apply(x), next.apply(map.apply(x)));
        assertThat(AffineMap.identity(3).andThen(map)).isEqualTo(map).hasSameHashCodeAs(map);
    }

    @Test
    void residualAddsToItsArgument() {
        Matrix difference = Oracle.random(random, 3, 3);
        double[] bias = Oracle.vector(random, 3);
        AffineMap residual = AffineMap.residual(difference, bias);
        double[] y = difference.times(x);
        for (int i = 0; i < 3; i++) {
            y[i] += x[i] + bias[i];
        }
        assertNear(residual.apply(x), y);
        assertThat(residual.difference().minus(difference).norm()).isLessThan(1e-15);
        assertNear(AffineMap.identity(3).apply(x), x);
        assertNear(AffineMap.linear(difference).apply(new double[3]), new double[3]);
    }

    @Test
    void wrongArgumentsAreNamed() {
        assertThatThrownBy(() -> AffineMap.of(Matrix.identity(2), new double[3]))
                .hasMessageContaining("expected 2");
        assertThatThrownBy(
                        () ->
                                AffineMap.of(
                                        Matrix.identity(2),
                                        new double[] {0, Double.POSITIVE_INFINITY}))
                .hasMessageContaining("number 1 of the bias");
        assertThatThrownBy(() -> AffineMap.residual(map.matrix(), new double[2]))
                .hasMessageContaining("not square");
        assertThatThrownBy(() -> map.apply(new double[2])).hasMessageContaining("expected 3");
        assertThatThrownBy(() -> map.andThen(map)).isInstanceOf(IllegalArgumentException.class);
    }
}
