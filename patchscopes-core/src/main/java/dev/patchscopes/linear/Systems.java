package dev.patchscopes.linear;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.model.internal.Dense;
import dev.patchscopes.model.internal.LinearAlgebra;
import java.util.List;

/** Systems of linear equations A X = B, and what is asked of A. */
final class Systems {
    /** What rounding leaves of the symmetry of a matrix, as a share of its largest number. */
    private static final double ASYMMETRY = 1e-10;

    /** Rows and columns that fit in a processor's cache together. */
    private static final int TILE = 32;

    private Systems() {}

    static Matrix solve(Matrix a, Matrix right) {
        checkSquare(a);
        checkRightSide(a, right);
        List<Dense> found = LinearAlgebra.solve(a.dense(), right.dense());
        Matrix solution = Matrix.of(found.get(0));
        boolean finite = found.get(1).values()[0] == 0;
        // |A||X| / |B| is a lower bound of the condition number, up to the root of n
        if (!finite || !(a.norm() * solution.norm() * Math.ulp(1.0) <= right.norm())) {
            throw new SingularMatrixException(
                    ("%s is singular to the accuracy of float64, so that A X = B has no one"
                                    + " solution; svd().pseudoInverse(rank) gives the one of least"
                                    + " norm")
                            .formatted(a));
        }
        return solution;
    }

    static Matrix solvePositiveDefinite(Matrix a, Matrix right) {
        checkSymmetric(a);
        checkRightSide(a, right);
        List<Dense> found = LinearAlgebra.choleskySolve(a.dense(), right.dense());
        int failed = (int) found.get(1).values()[0];
        if (failed != 0) {
            throw new SingularMatrixException(
                    ("%s is not positive definite: its leading minor of order %d is not positive;"
                                    + " solve(B) takes any regular matrix")
                            .formatted(a, failed));
        }
        return Matrix.of(found.get(0));
    }

    private static void checkRightSide(Matrix a, Matrix right) {
        checkArgument(
                right.rows() == a.rows(),
                "the right side %s should have %s rows, as many as %s",
                right,
                a.rows(),
                a);
    }

    private static void checkSquare(Matrix a) {
        checkArgument(a.rows() == a.columns(), "%s is not square", a);
    }

    static void checkSymmetric(Matrix a) {
        checkSquare(a);
        double[] values = a.dense().values();
        int size = a.rows();
        double most = ASYMMETRY * Vectors.largest(values);
        for (int top = 0; top < size; top += TILE) {
            for (int left = 0; left <= top; left += TILE) {
                for (int i = top; i < Math.min(size, top + TILE); i++) {
                    for (int j = left; j < Math.min(size, left + TILE); j++) {
                        double here = values[i * size + j];
                        double there = values[j * size + i];
                        checkArgument(
                                Math.abs(here - there) <= most,
                                "%s is not symmetric: [%s, %s] is %s and [%s, %s] is %s",
                                a,
                                i,
                                j,
                                here,
                                j,
                                i,
                                there);
                    }
                }
            }
        }
    }
}
