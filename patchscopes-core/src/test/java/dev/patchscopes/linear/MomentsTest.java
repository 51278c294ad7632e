package dev.patchscopes.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.text.NativeStartup;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fits from moments against normal equations of the whole data, and what theory says of them. */
class MomentsTest {
    private static final int ROWS = PlantedMap.ROWS;
    private static final int WIDTH = PlantedMap.WIDTH;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private Matrix x;
    private Matrix y;

    @BeforeEach
    void data() {
        System.out.println("-Dseed=" + seed);
        NativeStartup.prepare();
        PlantedMap drawn = PlantedMap.draw(random);
        x = drawn.x();
        y = drawn.y();
    }

    static Moments moments(Matrix x, Matrix y) {
        Moments moments = Moments.of(x.columns(), y.columns());
        moments.add(x, y);
        return moments;
    }

    static Matrix rows(Matrix matrix, int from, int to) {
        return Matrix.ofRows(java.util.Arrays.copyOfRange(matrix.toArray(), from, to));
    }

    static void assertNear(AffineMap actual, AffineMap expected, double error) {
        assertThat(actual.matrix().minus(expected.matrix()).norm())
                .isLessThanOrEqualTo(error * (1 + expected.matrix().norm()));
        Matrix bias = Matrix.ofRows(actual.bias());
        Matrix expectedBias = Matrix.ofRows(expected.bias());
        assertThat(bias.minus(expectedBias).norm())
                .isLessThanOrEqualTo(error * (1 + expectedBias.norm()));
    }

    static void assertNear(Moments actual, Moments expected, double error) {
        assertThat(actual.rows()).isEqualTo(expected.rows());
        assertThat(actual.meanX()).containsExactly(expected.meanX(), within(error));
        assertThat(actual.meanY()).containsExactly(expected.meanY(), within(error));
        assertThat(actual.gram().minus(expected.gram()).norm())
                .isLessThanOrEqualTo(error * expected.gram().norm());
        assertThat(actual.cross().minus(expected.cross()).norm())
                .isLessThanOrEqualTo(error * expected.cross().norm());
        double variance = expected.variance();
        assertThat(actual.variance()).isCloseTo(variance, within(error * variance));
        double penalty = expected.relativePenalty(1);
        assertThat(actual.relativePenalty(1)).isCloseTo(penalty, within(error * penalty));
    }

    // ---- sums -----------------------------------------------------------------------------------

    @Test
    void sumsAreThoseOfCentredRows() {
        double[][] centredX = x.toArray();
        double[][] centredY = y.toArray();
        for (int j = 0; j < WIDTH; j++) {
            double meanX = java.util.Arrays.stream(x.column(j)).sum() / ROWS;
            double meanY = java.util.Arrays.stream(y.column(j)).sum() / ROWS;
            for (int i = 0; i < ROWS; i++) {
                centredX[i][j] -= meanX;
                centredY[i][j] -= meanY;
            }
        }
        Matrix xc = Matrix.ofRows(centredX);
        Matrix yc = Matrix.ofRows(centredY);
        try (Moments moments = moments(x, y)) {
            Matrix gram = Oracle.product(xc.transposed(), xc);
            assertThat(moments.gram().minus(gram).norm()).isLessThan(1e-12 * gram.norm());
            Matrix cross = Oracle.product(xc.transposed(), yc);
            assertThat(moments.cross().minus(cross).norm()).isLessThan(1e-12 * cross.norm());
            double variance = Math.pow(yc.norm(), 2) / ROWS;
            assertThat(moments.variance()).isCloseTo(variance, within(1e-12 * variance));
            double trace = Math.pow(xc.norm(), 2);
            assertThat(moments.relativePenalty(0.5))
                    .isCloseTo(0.5 * trace / WIDTH, within(1e-12 * trace));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 45})
    void partsAndMergedPartsAreTheWhole(int step) {
        try (Moments whole = moments(x, y);
                Moments parts = Moments.of(WIDTH, WIDTH);
                Moments merged = Moments.of(WIDTH, WIDTH)) {
            for (int from = 0; from < ROWS; from += step) {
                int to = Math.min(ROWS, from + step);
                parts.add(rows(x, from, to).toArray(), rows(y, from, to).toArray());
                try (Moments part = moments(rows(x, from, to), rows(y, from, to))) {
                    merged.merge(part);
                    assertThat(part.rows()).isEqualTo(to - from);
                }
            }
            assertNear(parts, whole, 1e-12);
            assertNear(merged, whole, 1e-12);
            assertNear(merged.ridge(1), whole.ridge(1), 1e-11);
            try (Moments none = Moments.of(WIDTH, WIDTH)) {
                merged.merge(none);
                none.merge(merged);
                assertNear(none, whole, 1e-12);
            }
        }
    }

    @Test
    void moreRowsThanAChunkAreSummed() {
        int wide = 3000; // chunks of 699 rows
        Matrix long1 = Oracle.random(random, 3001, 1);
        double[] spread = new double[3001 * wide];
        for (int i = 0; i < spread.length; i++) {
            spread[i] = long1.get(i / wide, 0) * (i % wide == 0 ? 1 : 0);
        }
        Matrix long2 = Matrix.of(3001, wide, spread);
        try (Moments narrow = moments(long1, long1);
                Moments moments = moments(long1, long2)) {
            assertThat(moments.rows()).isEqualTo(3001);
            assertThat(moments.cross().get(0, 0)).isCloseTo(narrow.cross().get(0, 0), within(1e-9));
            assertThat(moments.variance()).isCloseTo(narrow.variance(), within(1e-12));
        }
    }

    @Test
    void largeMeansCostNoDigits() {
        double[] shift = {1e7, -1e7, 1e7, 0, 1e7, 1e7};
        AffineMap shifted = AffineMap.of(Matrix.identity(WIDTH), shift);
        try (Moments near = moments(x, y);
                Moments far = Moments.of(WIDTH, WIDTH)) {
            for (int from = 0; from < ROWS; from += 30) {
                far.add(shifted.applyToRows(rows(x, from, from + 30)), rows(y, from, from + 30));
            }
            double error = far.gram().minus(near.gram()).norm() / near.gram().norm();
            assertThat(error).isLessThan(1e-8); // that of the inputs: 1e7 2^-53
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT16", "FLOAT32", "FLOAT64"})
    void tensorsOfAnyTypeAreSummedInFloat64(DataType type) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
                Moments fromTensors = Moments.of(WIDTH, WIDTH);
                Moments fromValues = Moments.of(WIDTH, WIDTH)) {
            NDArray tensorX = tensor(manager, x).toType(type, true);
            NDArray tensorY = tensor(manager, y).toType(type, true);
            int arrays = manager.getManagedArrays().size();
            fromTensors.add(tensorX, tensorY);
            assertThat(manager.getManagedArrays()).hasSize(arrays);
            fromValues.add(values(tensorX), values(tensorY));
            assertNear(fromTensors, fromValues, 1e-13);
            try (Moments exact = moments(x, y)) {
                double most = type == DataType.FLOAT16 ? 1e-2 : type == DataType.FLOAT32 ? 1e-6 : 0;
                double error = fromTensors.gram().minus(exact.gram()).norm();
                assertThat(error).isLessThanOrEqualTo(most * exact.gram().norm());
            }
        }
    }

    @Test
    void viewsAndTensorsWithGradientsAreRead() {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
                Moments fromTensors = Moments.of(WIDTH, WIDTH);
                Moments fromValues = moments(x, y)) {
            NDArray turned = tensor(manager, x.transposed()).transpose();
            NDArray tracked = tensor(manager, y);
            tracked.setRequiresGradient(true);
            fromTensors.add(turned, tracked);
            assertNear(fromTensors, fromValues, 1e-13);
        }
    }

    @Test
    void float32RowsAreSummed() {
        float[][] floats = {{1, 2}, {3, 5}, {-1, 0.5f}};
        double[][] doubles = {{1, 2}, {3, 5}, {-1, 0.5}};
        try (Moments fromFloats = Moments.of(2, 2);
                Moments fromDoubles = Moments.of(2, 2)) {
            fromFloats.add(floats, floats);
            fromDoubles.add(doubles, doubles);
            assertNear(fromFloats, fromDoubles, 0);
        }
    }

    private static NDArray tensor(NDManager manager, Matrix matrix) {
        return manager.create(matrix.values()).reshape(matrix.rows(), matrix.columns());
    }

    private static double[][] values(NDArray tensor) {
        double[] flat = tensor.toType(DataType.FLOAT64, true).toDoubleArray();
        int columns = (int) tensor.getShape().get(1);
        return Matrix.of(flat.length / columns, columns, flat).toArray();
    }

    // ---- fits -----------------------------------------------------------------------------------

    @Test
    void ridgeSolvesTheNormalEquationsWithAFreeIntercept() {
        Matrix narrow = y.firstColumns(4);
        List<Double> penalties = List.of(0.0, 0.1, 10.0, 1e4);
        try (Moments moments = moments(x, narrow)) {
            List<AffineMap> maps = moments.ridge(penalties);
            for (int i = 0; i < penalties.size(); i++) {
                assertNear(maps.get(i), Oracle.ridge(x, narrow, penalties.get(i)), 1e-9);
            }
        }
    }

    @Test
    void residualRidgeIsRidgeOfTheDifference() {
        List<Double> penalties = List.of(0.0, 0.1, 10.0, 1e4);
        try (Moments moments = moments(x, y)) {
            List<AffineMap> maps = moments.residualRidge(penalties);
            for (int i = 0; i < penalties.size(); i++) {
                AffineMap difference = Oracle.ridge(x, y.minus(x), penalties.get(i));
                AffineMap expected = AffineMap.residual(difference.matrix(), difference.bias());
                assertNear(maps.get(i), expected, 1e-9);
            }
            assertNear(maps.get(0), moments.ridge(0), 1e-10);
        }
    }

    @Test
    void largePenaltiesLeaveTheMeansAndTheIdentity() {
        try (Moments moments = moments(x, y)) {
            AffineMap constant = moments.ridge(1e16);
            assertThat(constant.matrix().norm()).isLessThan(1e-9);
            assertThat(constant.bias()).containsExactly(moments.meanY(), within(1e-9));
            AffineMap shift = moments.residualRidge(1e16);
            assertThat(shift.difference().norm()).isLessThan(1e-9);
            for (int j = 0; j < WIDTH; j++) {
                assertThat(shift.bias()[j])
                        .isCloseTo(moments.meanY()[j] - moments.meanX()[j], within(1e-9));
            }
        }
    }

    @Test
    void errorsAreThoseOfTheRows() {
        AffineMap any = AffineMap.of(Oracle.random(random, 6, 6), Oracle.vector(random, 6));
        try (Moments moments = moments(x, y)) {
            for (AffineMap map : List.of(any, moments.ridge(0), moments.residualRidge(50))) {
                double expected = Oracle.error(map, x, y);
                assertThat(moments.meanSquaredError(map))
                        .isCloseTo(expected, within(1e-11 * (moments.variance() + expected)));
            }
            AffineMap constant = AffineMap.of(Matrix.identity(6).scaled(0), moments.meanY());
            assertThat(moments.meanSquaredError(constant))
                    .isCloseTo(moments.variance(), within(1e-12 * moments.variance()));
        }
    }

    @Test
    void procrustesFindsAPlantedRotation() {
        Svd svd = Oracle.random(random, WIDTH, WIDTH).svd();
        Matrix rotation = svd.u().times(svd.v().transposed());
        double[] shift = Oracle.vector(random, WIDTH);
        AffineMap planted = AffineMap.of(rotation, shift);
        try (Moments moments = moments(x, planted.applyToRows(x))) {
            assertNear(moments.procrustes(), planted, 1e-10);
            assertNear(moments.scaledProcrustes(), planted, 1e-10);
        }
        AffineMap scaled = AffineMap.of(rotation.scaled(2.5), shift);
        try (Moments moments = moments(x, scaled.applyToRows(x))) {
            assertNear(moments.scaledProcrustes(), scaled, 1e-10);
            assertThat(moments.procrustes().matrix().minus(rotation).norm()).isLessThan(1e-10);
        }
    }

    @Test
    void procrustesIsBestAmongRotationsNearby() {
        try (Moments moments = moments(x, y)) {
            Matrix best = moments.procrustes().matrix();
            assertThat(best.transposedTimes(best).minus(Matrix.identity(6)).norm())
                    .isLessThan(1e-13);
            double error = moments.meanSquaredError(moments.procrustes());
            double scaledError = moments.meanSquaredError(moments.scaledProcrustes());
            assertThat(scaledError).isLessThanOrEqualTo(error);
            for (int i = 0; i < 20; i++) {
                Matrix turn = Oracle.random(random, 6, 6).scaled(0.05).plus(Matrix.identity(6));
                Svd svd = turn.times(best).svd();
                Matrix other = svd.u().times(svd.v().transposed());
                assertThat(error(moments, other)).isGreaterThanOrEqualTo(error);
                Matrix scaled = best.scaled(0.9 + 0.01 * i);
                assertThat(error(moments, scaled))
                        .isGreaterThanOrEqualTo(scaledError * (1 - 1e-12));
            }
        }
    }

    /** The error of a matrix with its best bias. */
    private static double error(Moments moments, Matrix matrix) {
        double[] bias = moments.meanY();
        double[] mapped = matrix.times(moments.meanX());
        for (int i = 0; i < bias.length; i++) {
            bias[i] -= mapped[i];
        }
        return moments.meanSquaredError(AffineMap.of(matrix, bias));
    }

    @Test
    void reducedRankIsBestOfItsRank() {
        double penalty = 20;
        try (Moments moments = moments(x, y)) {
            assertNear(moments.reducedRank(6, penalty), moments.ridge(penalty), 1e-10);
            AffineMap best = moments.reducedRank(2, penalty);
            assertThat(best.matrix().svd().singularValue(2)).isLessThan(1e-12);
            double objective = Oracle.objective(best, x, y, penalty);
            Matrix cut = moments.ridge(penalty).matrix().svd().truncated(2).toMatrix();
            assertThat(penalised(moments, cut, penalty)).isGreaterThan(objective);
            LowRank factors = best.matrix().svd().truncated(2);
            for (int i = 0; i < 40; i++) {
                Matrix other =
                        factors.left()
                                .plus(Oracle.random(random, 6, 2).scaled(0.01))
                                .times(
                                        factors.right()
                                                .plus(Oracle.random(random, 6, 2).scaled(0.01))
                                                .transposed());
                assertThat(penalised(moments, other, penalty)).isGreaterThan(objective);
            }
        }
    }

    private double penalised(Moments moments, Matrix matrix, double penalty) {
        return error(moments, matrix) * ROWS + penalty * Math.pow(matrix.norm(), 2);
    }

    @Test
    void reducedRankFindsAPlantedMapBetweenWidths() {
        Matrix planted = Oracle.random(random, 4, 2).times(Oracle.random(random, 2, 6));
        AffineMap map = AffineMap.of(planted, Oracle.vector(random, 4));
        try (Moments moments = moments(x, map.applyToRows(x))) {
            assertNear(moments.reducedRank(2, 0), map, 1e-9);
        }
    }

    // ---- errors ---------------------------------------------------------------------------------

    @Test
    void numbersThatAreNotFiniteAreRefusedAndLeaveTheSumsAlone() {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
                Moments moments = moments(x, y);
                Moments before = moments(x, y)) {
            float[] values = new float[ROWS * WIDTH];
            NDArray good = manager.create(values.clone()).reshape(ROWS, WIDTH);
            values[2 * WIDTH + 3] = Float.NaN;
            NDArray bad = manager.create(values.clone()).reshape(ROWS, WIDTH);
            values[2 * WIDTH + 3] = Float.NEGATIVE_INFINITY;
            NDArray endless = manager.create(values.clone()).reshape(ROWS, WIDTH);
            assertThatThrownBy(() -> moments.add(bad, good))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("column 3 of x")
                    .hasMessageContaining("none of its 90 rows was added");
            assertThatThrownBy(() -> moments.add(good, endless))
                    .hasMessageContaining("column 3 of y");
            assertNear(moments, before, 0);
        }
    }

    @Test
    void wrongArgumentsAreNamed() {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
                Moments moments = moments(x, y.firstColumns(4))) {
            NDArray states = manager.zeros(new Shape(5, WIDTH));
            assertThatThrownBy(() -> moments.add(states, states))
                    .hasMessageContaining("y has the shape (5, 6), expected [row, 4]");
            assertThatThrownBy(() -> moments.add(manager.zeros(new Shape(2, 3, 6)), states))
                    .hasMessageContaining("x has the shape");
            assertThatThrownBy(() -> moments.add(states, manager.zeros(new Shape(4, 4))))
                    .hasMessageContaining("5 rows of x and 4 of y");
            assertThatThrownBy(
                            () ->
                                    moments.add(
                                            states.toType(DataType.INT32, true),
                                            manager.zeros(new Shape(5, 4))))
                    .hasMessageContaining("x is int32");
            assertThatThrownBy(() -> moments.add(y, y)).hasMessageContaining("expected 4");
            assertThatThrownBy(() -> moments.ridge(-1)).hasMessageContaining("-1.0 was given");
            assertThatThrownBy(() -> moments.ridge(Double.NaN)).hasMessageContaining("NaN");
            assertThatThrownBy(() -> moments.residualRidge(1)).hasMessageContaining("6 and 4");
            assertThatThrownBy(moments::procrustes).hasMessageContaining("6 and 4");
            assertThatThrownBy(() -> moments.reducedRank(5, 1))
                    .hasMessageContaining("rank 5 is not in 1..4");
            assertThatThrownBy(() -> moments.merge(moments)).hasMessageContaining("themselves");
            assertThatThrownBy(() -> moments.meanSquaredError(AffineMap.identity(6)))
                    .hasMessageContaining("output of the map");
            assertThat(moments).hasToString("moments of 90 pairs of states, 6 to 4 wide");
        }
    }

    @Test
    void closedMomentsSaySo() {
        Moments closed = Moments.of(WIDTH, WIDTH);
        closed.add(x, y);
        closed.close();
        closed.close();
        assertThatThrownBy(() -> closed.ridge(1)).hasMessageContaining("closed");
        assertThatThrownBy(() -> closed.add(x, y)).hasMessageContaining("closed");
        try (Moments open = Moments.of(WIDTH, WIDTH)) {
            assertThatThrownBy(() -> open.merge(closed)).hasMessageContaining("closed");
        }
    }

    // ---- memory ---------------------------------------------------------------------------------

    @Test
    void nothingNativeIsLeftBehind() {
        work(); // loads what is loaded once
        int arrays = nativeArrays();
        work();
        assertThat(nativeArrays()).isEqualTo(arrays);
        try (Moments open = moments(x, y)) {
            int held = nativeArrays();
            for (int i = 0; i < 3; i++) {
                open.add(x, y);
                open.residualRidge(1);
                open.meanSquaredError(open.reducedRank(2, 1));
                open.procrustes();
            }
            assertThat(nativeArrays()).isEqualTo(held);
        }
        assertThat(nativeArrays()).isEqualTo(arrays);
    }

    private void work() {
        Matrix square = Oracle.random(random, 60, 60);
        square.times(square);
        square.svd();
        square.solve(square);
        square.transposedTimes(square).symmetricEigen();
        square.transposedTimes(square).solvePositiveDefinite(square);
        try (Moments a = moments(x, y);
                Moments b = moments(x, y)) {
            a.merge(b);
            a.ridge(List.of(1.0, 2.0));
            assertThatThrownBy(() -> a.ridge(-1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Native arrays and managers alive in this process, whoever owns them. */
    private static int nativeArrays() {
        try (NDManager probe = NDManager.newBaseManager("PyTorch")) {
            return probe.getParentManager().getManagedArrays().size();
        }
    }
}
