package dev.patchscopes.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Matrices against loops, and decompositions against what defines them. */
class MatrixTest {
    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeEach
    void printSeed() {
        System.out.println("-Dseed=" + seed);
    }

    private static void assertNear(Matrix actual, Matrix expected, double error) {
        assertThat(actual.minus(expected).norm())
                .isLessThanOrEqualTo(error * Math.max(1, expected.norm()));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "2, 3, 4", "40, 35, 30", "60, 50, 70", "1, 500, 300", "333, 1, 401"})
    void productsAreTheProducts(int rows, int inner, int columns) {
        Matrix a = Oracle.random(random, rows, inner);
        Matrix b = Oracle.random(random, inner, columns);
        Matrix expected = Oracle.product(a, b);
        assertNear(a.times(b), expected, 1e-14);
        assertNear(a.transposed().transposedTimes(b), expected, 1e-14);
        double[] x = b.column(0);
        Matrix vector = Matrix.ofRows(a.times(x)).transposed();
        assertNear(vector, expected.firstColumns(1), 1e-14);
        assertNear(Matrix.ofRows(a.transposed().transposedTimes(x)).transposed(), vector, 1e-14);
    }

    @Test
    void partsAreThoseOfTheArray() {
        Matrix a = Matrix.of(2, 3, new double[] {1, 2, 3, 4, 5, 6});
        assertThat(a.row(1)).containsExactly(4, 5, 6);
        assertThat(a.column(1)).containsExactly(2, 5);
        assertThat(a.get(1, 2)).isEqualTo(6);
        assertThat(a.transposed())
                .isEqualTo(
                        Matrix.ofRows(
                                new double[] {1, 4}, new double[] {2, 5}, new double[] {3, 6}));
        assertThat(a.plus(a)).isEqualTo(a.scaled(2)).hasSameHashCodeAs(a.scaled(2));
        assertThat(a.minus(a).norm()).isZero();
        assertThat(a.norm()).isCloseTo(Math.sqrt(91), within(1e-14));
        assertThat(a.firstColumns(2).values()).containsExactly(1, 2, 4, 5);
        assertThat(a.toArray()).isDeepEqualTo(new double[][] {{1, 2, 3}, {4, 5, 6}});
        assertThat(a).hasToString("matrix 2 x 3 [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]");
        assertThat(a).isNotEqualTo(Matrix.of(3, 2, a.values()));
    }

    @Test
    void transposedOverTilesIsTransposed() {
        Matrix a = Oracle.random(random, 70, 45);
        Matrix t = a.transposed();
        for (int i = 0; i < 70; i++) {
            assertThat(t.column(i)).isEqualTo(a.row(i));
        }
    }

    @Test
    void arraysAreCopied() {
        double[] values = {1, 2};
        Matrix a = Matrix.of(1, 2, values);
        values[0] = 9;
        a.values()[1] = 9;
        a.row(0)[1] = 9;
        assertThat(a.values()).containsExactly(1, 2);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "5, 3", "3, 5", "20, 20", "130, 70"})
    void svdReconstructsWithOrthonormalVectors(int rows, int columns) {
        Matrix a = Oracle.random(random, rows, columns);
        Svd svd = a.svd();
        int k = Math.min(rows, columns);
        assertNear(svd.u().transposedTimes(svd.u()), Matrix.identity(k), 1e-13);
        assertNear(svd.v().transposedTimes(svd.v()), Matrix.identity(k), 1e-13);
        assertThat(svd.singularValues()).hasSize(k);
        for (int i = 1; i < k; i++) {
            assertThat(svd.singularValue(i)).isBetween(0.0, svd.singularValue(i - 1));
        }
        assertNear(svd.truncated(k).toMatrix(), a, 1e-13);
        assertThat(svd.rank()).isEqualTo(k);
    }

    @Test
    void truncationLosesTheSmallestSingularValues() {
        Matrix a = Oracle.random(random, 12, 9);
        Svd svd = a.svd();
        double lost = 0;
        for (int r = 8; r >= 1; r--) {
            lost += Math.pow(svd.singularValue(r), 2);
            assertThat(svd.truncated(r).toMatrix().minus(a).norm())
                    .isCloseTo(Math.sqrt(lost), within(1e-12));
        }
    }

    @ParameterizedTest
    @CsvSource({"7, 5, 5", "5, 7, 5", "9, 8, 3", "70, 80, 40"})
    void pseudoInverseHasThePropertiesOfMooreAndPenrose(int rows, int columns, int rank) {
        Matrix a = Oracle.random(random, rows, rank).times(Oracle.random(random, rank, columns));
        Svd svd = a.svd();
        assertThat(svd.rank()).isEqualTo(rank);
        Matrix inverse = svd.pseudoInverse().toMatrix();
        assertNear(a.times(inverse).times(a), a, 1e-12);
        assertNear(inverse.times(a).times(inverse), inverse, 1e-11);
        assertNear(a.times(inverse).transposed(), a.times(inverse), 1e-11);
        assertNear(inverse.times(a).transposed(), inverse.times(a), 1e-11);
    }

    @Test
    void aMatrixTimesItsTruncatedPseudoInverseProjects() {
        Matrix w = Oracle.random(random, 20, 30);
        double[] z = Oracle.vector(random, 20);
        Svd svd = w.svd();
        for (int rank : new int[] {1, 7, 20}) {
            double[] edit = w.times(svd.pseudoInverse(rank).times(z));
            Matrix u = svd.u().firstColumns(rank);
            double[] projected = u.times(u.transposedTimes(z)); // U_r U_r^T z
            assertNear(Matrix.ofRows(edit), Matrix.ofRows(projected), 1e-12);
        }
    }

    @Test
    void factorsMultiplyAsTheirMatrix() {
        LowRank low = Oracle.random(random, 8, 6).svd().truncated(2);
        Matrix dense = low.toMatrix();
        double[] x = Oracle.vector(random, 6);
        Matrix b = Oracle.random(random, 6, 4);
        assertNear(Matrix.ofRows(low.times(x)), Matrix.ofRows(dense.times(x)), 1e-14);
        assertNear(low.times(b), Oracle.product(dense, b), 1e-14);
        assertNear(low.transposed().toMatrix(), dense.transposed(), 1e-14);
        assertThat(low).hasToString("matrix 8 x 6 of rank 2");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "4, 2", "90, 3"})
    void solutionsSolve(int size, int columns) {
        Matrix a = Oracle.random(random, size, size).plus(Matrix.identity(size).scaled(size));
        Matrix b = Oracle.random(random, size, columns);
        assertNear(a.solve(b), Oracle.solve(a, b), 1e-12);
        Matrix gram = a.transposedTimes(a);
        assertNear(gram.solvePositiveDefinite(b), Oracle.solve(gram, b), 1e-12);
    }

    @Test
    void eigenvectorsDiagonalise() {
        Matrix g = Oracle.random(random, 60, 60);
        Matrix a = g.plus(g.transposed());
        SymmetricEigen eigen = a.symmetricEigen();
        Matrix q = eigen.vectors();
        assertNear(q.transposedTimes(q), Matrix.identity(60), 1e-13);
        assertNear(q.times(Matrix.diagonal(eigen.values())).times(q.transposed()), a, 1e-13);
        assertThat(eigen.values()).isSorted();
    }

    @Test
    void singularMatricesAreRefused() {
        Matrix rounded = // singular, though its elimination leaves a pivot of 1e-16
                Matrix.of(3, 3, new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9}).scaled(1e6);
        for (Matrix a : new Matrix[] {rounded, Matrix.diagonal(1, 0, 2)}) {
            assertThatThrownBy(() -> a.solve(Matrix.identity(3)))
                    .isInstanceOf(SingularMatrixException.class)
                    .hasMessageContaining("is singular")
                    .hasMessageContaining("pseudoInverse");
        }
        assertThat(Matrix.diagonal(1e-8, 1e-4, 1).solve(Matrix.identity(3)))
                .isEqualTo(Matrix.diagonal(1e8, 1e4, 1));
        assertThatThrownBy(
                        () -> Matrix.diagonal(1, -1, 2).solvePositiveDefinite(Matrix.identity(3)))
                .isInstanceOf(SingularMatrixException.class)
                .hasMessageContaining("leading minor of order 2 is not positive");
        assertThatThrownBy(() -> Matrix.diagonal(0, 0).svd().pseudoInverse())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rank 0 is not in 1..0");
        assertThatThrownBy(() -> rounded.svd().pseudoInverse(3))
                .hasMessageContaining("rank 3 is not in 1..2");
    }

    @Test
    void wrongArgumentsAreNamed() {
        Matrix a = Oracle.random(random, 2, 3);
        assertThatThrownBy(() -> a.times(Matrix.identity(2)))
                .hasMessageContaining("matrix 2 x 3")
                .hasMessageContaining("would need 3 rows");
        assertThatThrownBy(() -> a.times(new double[2])).hasMessageContaining("expected 3");
        assertThatThrownBy(() -> a.plus(a.transposed())).hasMessageContaining("differ in size");
        assertThatThrownBy(() -> a.solve(Matrix.identity(2))).hasMessageContaining("not square");
        assertThatThrownBy(() -> Matrix.identity(2).solve(Matrix.identity(3)))
                .hasMessageContaining("should have 2 rows");
        assertThatThrownBy(() -> Matrix.of(1, 2, new double[] {1, Double.NaN}))
                .hasMessageContaining("row 0, column 1")
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> Matrix.of(2, 2, new double[3])).hasMessageContaining("4 values");
        assertThatThrownBy(() -> Matrix.ofRows(new double[2], new double[1]))
                .hasMessageContaining("row 1");
        assertThatThrownBy(Matrix::ofRows).hasMessageContaining("at least one row");
        assertThatThrownBy(() -> Matrix.of(2, 2, new double[] {1, 2, 3, 1}).symmetricEigen())
                .hasMessageContaining("[0, 1] is 2.0 and [1, 0] is 3.0");
        assertThatThrownBy(() -> Matrix.identity(3).svd().truncated(4))
                .hasMessageContaining("rank 4 is not in 1..3");
        assertThatThrownBy(() -> a.get(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new LowRank(a, a.transposed()))
                .hasMessageContaining("number of columns");
    }
}
