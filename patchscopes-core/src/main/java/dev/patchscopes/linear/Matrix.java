package dev.patchscopes.linear;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import dev.patchscopes.model.internal.Dense;
import dev.patchscopes.model.internal.LinearAlgebra;
import java.util.Arrays;

/**
 * A float64 matrix.
 *
 * <pre>{@code
 * Matrix a = Matrix.ofRows(new double[] {2, 1}, new double[] {1, 3});
 * double[] y = a.times(new double[] {1, -1});                        // A x
 * Matrix x = a.solve(Matrix.identity(2));                            // the inverse
 * double largest = a.svd().singularValue(0);
 * }</pre>
 *
 * <p>Immutable and safe for several threads. The values lie in the memory of the program, 8 bytes
 * each: a matrix of 5,120 x 5,120 takes 210 MB. At most 268,435,455 of them (16,383 x 16,383) can
 * be multiplied, solved or decomposed.
 */
public final class Matrix {
    /** From here on, in multiplications, the way to native memory and back pays. */
    private static final long SMALL_PRODUCT = 100_000;

    /** Rows and columns that fit in a processor's cache together when a matrix is transposed. */
    private static final int TILE = 32;

    private final int rows;
    private final int columns;
    private final double[] values; // [row, column], never written to

    private Matrix(int rows, int columns, double[] values) {
        this.rows = rows;
        this.columns = columns;
        this.values = values;
    }

    /** Takes an array over, which nobody may write to from then on. */
    static Matrix owning(int rows, int columns, double[] values) {
        return new Matrix(rows, columns, values);
    }

    static Matrix of(Dense dense) {
        return new Matrix(dense.rows(), dense.columns(), dense.values());
    }

    Dense dense() {
        return new Dense(rows, columns, values);
    }

    /**
     * A matrix of numbers that lie in one array.
     *
     * @param rows rows, at least 1
     * @param columns columns, at least 1
     * @param values row-major, copied
     * @return the matrix
     * @throws IllegalArgumentException if there are not rows x columns values, or one is not finite
     */
    public static Matrix of(int rows, int columns, double[] values) {
        checkSize(rows, columns);
        checkArgument(
                values.length == (long) rows * columns,
                "a matrix of %s x %s has %s values, and %s were given",
                rows,
                columns,
                (long) rows * columns,
                values.length);
        return new Matrix(rows, columns, Vectors.copy(rows, columns, values)).finite();
    }

    /**
     * A matrix of rows.
     *
     * @param rows the rows, all of one length, copied
     * @return the matrix
     * @throws IllegalArgumentException if there are none, they differ in length, or a number is not
     *     finite
     */
    public static Matrix ofRows(double[]... rows) {
        checkArgument(rows.length > 0, "a matrix needs at least one row");
        int columns = rows[0].length;
        checkSize(rows.length, columns);
        double[] values = Vectors.zeros(rows.length, columns);
        for (int i = 0; i < rows.length; i++) {
            checkArgument(
                    rows[i].length == columns,
                    "row %s of the matrix has %s values, expected %s as in row 0",
                    i,
                    rows[i].length,
                    columns);
            System.arraycopy(rows[i], 0, values, i * columns, columns);
        }
        return new Matrix(rows.length, columns, values).finite();
    }

    /**
     * The identity.
     *
     * @param size rows and columns, at least 1
     * @return ones on the diagonal, zeros elsewhere
     */
    public static Matrix identity(int size) {
        double[] ones = new double[size];
        Arrays.fill(ones, 1);
        return diagonal(ones);
    }

    /**
     * A diagonal matrix.
     *
     * @param diagonal its diagonal, at least one number
     * @return the matrix, square
     * @throws IllegalArgumentException if there are none, or one is not finite
     */
    public static Matrix diagonal(double... diagonal) {
        int size = diagonal.length;
        checkSize(size, size);
        double[] values = Vectors.zeros(size, size);
        for (int i = 0; i < size; i++) {
            values[i * size + i] = diagonal[i];
        }
        return new Matrix(size, size, values).finite();
    }

    private static void checkSize(int rows, int columns) {
        checkArgument(
                rows > 0 && columns > 0,
                "a matrix has at least one row and one column, and %s x %s was asked for",
                rows,
                columns);
    }

    private Matrix finite() {
        for (int i = 0; i < values.length; i++) {
            checkArgument(
                    Double.isFinite(values[i]),
                    "the number in row %s, column %s of the matrix is %s, which is not finite",
                    i / columns,
                    i % columns,
                    values[i]);
        }
        return this;
    }

    /** {@return how many rows} */
    public int rows() {
        return rows;
    }

    /** {@return how many columns} */
    public int columns() {
        return columns;
    }

    /**
     * One number.
     *
     * @param row from 0
     * @param column from 0
     * @return the number
     */
    public double get(int row, int column) {
        checkElementIndex(row, rows, "row");
        checkElementIndex(column, columns, "column");
        return values[row * columns + column];
    }

    /**
     * One row.
     *
     * @param row from 0
     * @return a new array [columns]
     */
    public double[] row(int row) {
        checkElementIndex(row, rows, "row");
        return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
    }

    /**
     * One column.
     *
     * @param column from 0
     * @return a new array [rows]
     */
    public double[] column(int column) {
        checkElementIndex(column, columns, "column");
        double[] out = new double[rows];
        for (int i = 0; i < rows; i++) {
            out[i] = values[i * columns + column];
        }
        return out;
    }

    /**
     * The first columns.
     *
     * @param count how many, 1..columns
     * @return a matrix [rows, count]
     */
    public Matrix firstColumns(int count) {
        return columns(0, count);
    }

    /** Columns from one to another, exclusive. */
    Matrix columns(int from, int to) {
        checkArgument(
                0 <= from && from < to && to <= columns,
                "columns %s..%s are not within the %s of the matrix",
                from,
                to - 1,
                columns);
        int count = to - from;
        double[] out = Vectors.zeros(rows, count);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(values, i * columns + from, out, i * count, count);
        }
        return new Matrix(rows, count, out);
    }

    /**
     * All numbers.
     *
     * @return a new array, row-major
     */
    public double[] values() {
        return Vectors.copy(rows, columns, values);
    }

    /**
     * All rows.
     *
     * @return new arrays [rows][columns]
     */
    public double[][] toArray() {
        double[][] out = new double[rows][];
        Arrays.setAll(out, this::row);
        return out;
    }

    /**
     * A product of matrices.
     *
     * @param other B [n, k]
     * @return A B [m, k]
     * @throws IllegalArgumentException if B does not have as many rows as this has columns
     */
    public Matrix times(Matrix other) {
        checkArgument(
                columns == other.rows,
                "%s cannot be multiplied by %s, which would need %s rows",
                this,
                other,
                columns);
        if ((long) rows * columns * other.columns > SMALL_PRODUCT) {
            return of(LinearAlgebra.product(dense(), other.dense()));
        }
        double[] out = Vectors.zeros(rows, other.columns);
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < columns; k++) {
                Vectors.addTo(
                        out,
                        i * other.columns,
                        values[i * columns + k],
                        other.values,
                        k * other.columns,
                        other.columns);
            }
        }
        return new Matrix(rows, other.columns, out);
    }

    /**
     * A product of the transposed matrix, which is not built for it.
     *
     * @param other B [m, k]
     * @return A^T B [n, k]
     * @throws IllegalArgumentException if B does not have as many rows as this
     */
    public Matrix transposedTimes(Matrix other) {
        checkArgument(
                rows == other.rows,
                "%s transposed cannot be multiplied by %s, which would need %s rows",
                this,
                other,
                rows);
        if ((long) rows * columns * other.columns > SMALL_PRODUCT) {
            return of(LinearAlgebra.transposedProduct(dense(), other.dense()));
        }
        return transposed().times(other);
    }

    /**
     * A product with a vector.
     *
     * @param x [n]
     * @return A x [m], a new array
     * @throws IllegalArgumentException if x has another length than the rows of this
     */
    public double[] times(double[] x) {
        checkLength(x, columns);
        double[] out = new double[rows];
        for (int i = 0; i < rows; i++) {
            out[i] = Vectors.dot(values, i * columns, x);
        }
        return out;
    }

    /**
     * A product of the transposed matrix with a vector.
     *
     * @param x [m]
     * @return A^T x [n], a new array
     * @throws IllegalArgumentException if x has another length than the columns of this
     */
    public double[] transposedTimes(double[] x) {
        checkLength(x, rows);
        double[] out = new double[columns];
        for (int i = 0; i < rows; i++) {
            Vectors.addTo(out, 0, x[i], values, i * columns, columns);
        }
        return out;
    }

    private void checkLength(double[] x, int expected) {
        checkArgument(
                x.length == expected,
                "%s was to be multiplied by a vector of %s values, expected %s",
                this,
                x.length,
                expected);
    }

    /**
     * A sum.
     *
     * @param other B, of the same size
     * @return A + B
     * @throws IllegalArgumentException if B has another size
     */
    public Matrix plus(Matrix other) {
        return combined(other, 1);
    }

    /**
     * A difference.
     *
     * @param other B, of the same size
     * @return A - B
     * @throws IllegalArgumentException if B has another size
     */
    public Matrix minus(Matrix other) {
        return combined(other, -1);
    }

    private Matrix combined(Matrix other, double sign) {
        checkArgument(
                rows == other.rows && columns == other.columns,
                "%s and %s differ in size",
                this,
                other);
        double[] out = Vectors.zeros(rows, columns);
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i] + sign * other.values[i];
        }
        return new Matrix(rows, columns, out);
    }

    /**
     * A multiple.
     *
     * @param factor a finite number
     * @return factor A
     */
    public Matrix scaled(double factor) {
        checkArgument(Double.isFinite(factor), "a matrix cannot be scaled by %s", factor);
        double[] out = Vectors.zeros(rows, columns);
        for (int i = 0; i < out.length; i++) {
            out[i] = factor * values[i];
        }
        return new Matrix(rows, columns, out);
    }

    /** The columns, each multiplied by a number of its own. */
    Matrix scaledColumns(double[] factors) {
        double[] out = Vectors.zeros(rows, columns);
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i] * factors[i % columns];
        }
        return new Matrix(rows, columns, out);
    }

    /**
     * The transposed matrix.
     *
     * @return A^T, a copy
     */
    public Matrix transposed() {
        double[] out = Vectors.zeros(rows, columns);
        for (int top = 0; top < rows; top += TILE) {
            for (int left = 0; left < columns; left += TILE) {
                for (int i = top; i < Math.min(rows, top + TILE); i++) {
                    for (int j = left; j < Math.min(columns, left + TILE); j++) {
                        out[j * rows + i] = values[i * columns + j];
                    }
                }
            }
        }
        return new Matrix(columns, rows, out);
    }

    /**
     * The Frobenius norm.
     *
     * @return the root of the sum of squares
     */
    public double norm() {
        return Vectors.norm(values);
    }

    /**
     * The thin singular value decomposition.
     *
     * @return U, s and V with A = U diag(s) V^T
     */
    public Svd svd() {
        return Svd.of(this);
    }

    /**
     * The eigendecomposition of a symmetric matrix.
     *
     * @return its eigenvalues and eigenvectors
     * @throws IllegalArgumentException if the matrix is not square, or not symmetric
     */
    public SymmetricEigen symmetricEigen() {
        Systems.checkSymmetric(this);
        return SymmetricEigen.of(this);
    }

    /**
     * Solves A X = B for a square matrix, by LU decomposition.
     *
     * @param right B [n, k]
     * @return X [n, k]
     * @throws IllegalArgumentException if this is not square, or B has another number of rows
     * @throws SingularMatrixException if this is singular, or its condition number exceeds what
     *     float64 can hold (about 1e16) by what the solution shows of it; {@link Svd#pseudoInverse}
     *     then gives the solution of least norm
     */
    public Matrix solve(Matrix right) {
        return Systems.solve(this, right);
    }

    /**
     * Solves A X = B for a symmetric positive definite matrix, by Cholesky decomposition: twice as
     * fast as {@link #solve}.
     *
     * @param right B [n, k]
     * @return X [n, k]
     * @throws IllegalArgumentException if this is not square, not symmetric, or B has another
     *     number of rows
     * @throws SingularMatrixException if this is not positive definite
     */
    public Matrix solvePositiveDefinite(Matrix right) {
        return Systems.solvePositiveDefinite(this, right);
    }

    /** Equal sizes and equal numbers. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Matrix matrix
                && columns == matrix.columns
                && Arrays.equals(values, matrix.values);
    }

    @Override
    public int hashCode() {
        return 31 * columns + Arrays.hashCode(values);
    }

    /** Its size, and its numbers where they are few. */
    @Override
    public String toString() {
        String size = "matrix %d x %d".formatted(rows, columns);
        return values.length > 16 ? size : size + " " + Arrays.deepToString(toArray());
    }
}
