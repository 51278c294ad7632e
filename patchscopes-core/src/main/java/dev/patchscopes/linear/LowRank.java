package dev.patchscopes.linear;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * A matrix A = L R^T [m, n] kept as its factors, which for a rank r below m n / (m + n) are smaller
 * and faster than the matrix.
 *
 * @param left L [m, r]
 * @param right R [n, r]
 */
public record LowRank(Matrix left, Matrix right) {

    /**
     * Checks the factors.
     *
     * @param left L [m, r]
     * @param right R [n, r]
     * @throws IllegalArgumentException if they differ in their number of columns
     */
    public LowRank {
        checkArgument(
                left.columns() == right.columns(),
                "the factors %s and %s of a matrix differ in their number of columns",
                left,
                right);
    }

    /** {@return m} */
    public int rows() {
        return left.rows();
    }

    /** {@return n} */
    public int columns() {
        return right.rows();
    }

    /** {@return r, the columns of the factors} */
    public int rank() {
        return left.columns();
    }

    /**
     * A product with a vector, in r (m + n) multiplications.
     *
     * @param x [n]
     * @return A x [m], a new array
     * @throws IllegalArgumentException if x has another length
     */
    public double[] times(double[] x) {
        return left.times(right.transposedTimes(x));
    }

    /**
     * A product with a matrix.
     *
     * @param other B [n, k]
     * @return A B [m, k]
     * @throws IllegalArgumentException if B has another number of rows
     */
    public Matrix times(Matrix other) {
        return left.times(right.transposedTimes(other));
    }

    /** {@return A^T, sharing the factors} */
    public LowRank transposed() {
        return new LowRank(right, left);
    }

    /** {@return the matrix [m, n]} */
    public Matrix toMatrix() {
        return left.times(right.transposed());
    }

    @Override
    public String toString() {
        return "matrix %d x %d of rank %d".formatted(rows(), columns(), rank());
    }
}
