package dev.patchscopes;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.testing.StoppedCalls;
import java.util.Random;

/** Long calls over matrices alone. */
final class MatrixCalls {
    private MatrixCalls() {}

    /** Products, decompositions and fits. */
    static void addTo(StoppedCalls calls) {
        Matrix a = Matrix.of(12, 12, numbers(1, 144));
        Matrix positive = a.transposedTimes(a).plus(Matrix.identity(12));
        Matrix large = Matrix.of(150, 150, numbers(2, 22_500)); // smaller ones are no long call
        calls.add("product", 1, () -> StoppedCallsTest.bits(large.times(large).values()))
                .add(
                        "transposed product",
                        1,
                        () -> StoppedCallsTest.bits(large.transposedTimes(large).values()))
                .add("SVD", 1, () -> StoppedCallsTest.bits(a.svd().singularValues()))
                .add(
                        "eigenvalues",
                        1,
                        () -> StoppedCallsTest.bits(positive.symmetricEigen().values()))
                .add("solution", 1, () -> StoppedCallsTest.bits(a.solve(a).values()))
                .add(
                        "Cholesky solution",
                        1,
                        () -> StoppedCallsTest.bits(positive.solvePositiveDefinite(a).values()))
                .add(
                        "moments and ridge",
                        3,
                        () -> {
                            try (Moments moments = Moments.of(12, 12)) {
                                moments.add(a, positive);
                                moments.add(positive, a);
                                return StoppedCallsTest.bits(moments.ridge(0.5).matrix().values());
                            }
                        })
                .add(
                        "moments of tensors",
                        1,
                        () -> {
                            try (NDManager manager = NDManager.newBaseManager("PyTorch");
                                    Moments moments = Moments.of(2, 2)) {
                                NDArray x = manager.create(new float[][] {{1, 2}, {3, 5}});
                                moments.add(x, x);
                                return "" + moments.rows();
                            }
                        });
    }

    static double[] numbers(long seed, int count) {
        return new Random(seed).doubles(count).toArray();
    }
}
