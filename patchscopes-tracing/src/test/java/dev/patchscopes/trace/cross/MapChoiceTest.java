package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Moments;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Each kind of map finds the map that made the data. */
class MapChoiceTest {
    private static final int WIDTH = 6;

    private static Matrix gaussian(Random random, int rows, int columns) {
        double[] values = random.doubles((long) rows * columns, -1, 1).toArray();
        return Matrix.of(rows, columns, values);
    }

    /** An orthogonal matrix. */
    private static Matrix rotation(Random random) {
        return gaussian(random, WIDTH, WIDTH).svd().u();
    }

    private static Moments pairs(int seed, int rows, UnaryOperator<Matrix> y) {
        Matrix x = gaussian(new Random(seed), rows, WIDTH);
        Moments moments = Moments.of(WIDTH, WIDTH);
        moments.add(x, y.apply(x));
        return moments;
    }

    private static UnaryOperator<Matrix> by(Matrix matrix, double[] bias) {
        return x -> AffineMap.of(matrix, bias).applyToRows(x);
    }

    private static void assertSame(AffineMap map, Matrix matrix, double[] bias, double digits) {
        assertThat(map.matrix().minus(matrix).norm()).isLessThan(digits);
        assertThat(map.bias()).containsExactly(bias, within(digits));
    }

    @Test
    void aRotationIsFound() {
        Random random = new Random(1);
        Matrix known = rotation(random);
        double[] bias = random.doubles(WIDTH).toArray();
        try (Moments exact = pairs(2, 50, by(known, bias));
                Moments longer = pairs(2, 50, by(known.scaled(2.5), bias))) {
            assertSame(MapChoice.of(MapKind.rotation(), exact, exact).map(), known, bias, 1e-9);
            AffineMap scaled = MapChoice.of(MapKind.scaledRotation(), longer, longer).map();
            assertSame(scaled, known.scaled(2.5), bias, 1e-9);
            AffineMap rigid = MapChoice.of(MapKind.rotation(), longer, longer).map();
            assertThat(rigid.matrix().minus(known).norm()).isLessThan(1e-9);
            assertThat(longer.meanSquaredError(rigid)).isGreaterThan(0.1);
        }
    }

    @Test
    void aMatrixOfLowRankIsFoundFromItsRankOn() {
        Random random = new Random(3);
        Matrix known = gaussian(random, WIDTH, 2).times(gaussian(random, 2, WIDTH));
        double[] bias = random.doubles(WIDTH).toArray();
        try (Moments exact = pairs(4, 60, by(known, bias))) {
            MapKind two = new MapKind.LowRank(2, MapKind.PENALTIES.subArray(0, 1));
            assertSame(MapChoice.of(two, exact, exact).map(), known, bias, 1e-6);
            AffineMap one = MapChoice.of(MapKind.lowRank(1), exact, exact).map();
            assertThat(one.matrix().svd().singularValues()[1]).isLessThan(1e-9);
            assertThat(exact.meanSquaredError(one)).isGreaterThan(1e-3);
        }
    }

    /** With noise and few rows, the penalty is the one that errs least on other rows. */
    @Test
    void thePenaltyIsChosenOnOtherRows() {
        Random random = new Random(5);
        Matrix known = gaussian(random, WIDTH, WIDTH);
        UnaryOperator<Matrix> noisy =
                x -> x.times(known.transposed()).plus(gaussian(random, x.rows(), WIDTH).scaled(3));
        try (Moments few = pairs(6, 9, noisy);
                Moments many = pairs(7, 4000, noisy)) {
            MapChoice chosen = MapChoice.of(MapKind.affine(), few, many);
            double least = many.meanSquaredError(chosen.map());
            for (double penalty : MapKind.PENALTIES.asList()) {
                AffineMap map = few.ridge(few.relativePenalty(penalty));
                assertThat(many.meanSquaredError(map)).isGreaterThanOrEqualTo(least);
            }
            assertThat(chosen.penalty()).isGreaterThan(1e-8);
            assertThat(few.meanSquaredError(chosen.map()))
                    .isGreaterThan(few.meanSquaredError(few.ridge(1e-9)));
        }
    }

    @Test
    void theIdentityIsNotFitted() {
        try (Moments moments = pairs(8, 20, x -> x.scaled(2))) {
            assertThat(MapChoice.of(MapKind.identity(), moments, moments).map())
                    .isEqualTo(AffineMap.identity(WIDTH));
        }
    }

    @Test
    void kindsCheckTheirNumbers() {
        assertThatThrownBy(() -> MapKind.affine(0)).hasMessageContaining("not above 0");
        assertThatThrownBy(() -> MapKind.affine(new double[0]))
                .hasMessageContaining("at least one penalty");
        assertThatThrownBy(() -> MapKind.lowRank(0)).hasMessageContaining("rank of 0");
    }
}
