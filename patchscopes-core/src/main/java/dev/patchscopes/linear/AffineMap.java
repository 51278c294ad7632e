package dev.patchscopes.linear;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.Mapping;
import java.util.Arrays;

/**
 * y = A x + b.
 *
 * <pre>{@code
 * AffineMap translator = AffineMap.of(matrix, bias);
 * double[] y = translator.apply(x);
 * Mapping f = translator.toMapping();                 // for a patchscope
 * }</pre>
 *
 * <p>Immutable.
 */
public final class AffineMap {
    private final Matrix matrix; // [out, in]
    private final double[] bias; // [out]

    private AffineMap(Matrix matrix, double[] bias) {
        this.matrix = matrix;
        this.bias = bias;
    }

    /**
     * An affine map.
     *
     * @param matrix A [out, in]
     * @param bias b [out], copied
     * @return the map
     * @throws IllegalArgumentException if the bias has another length than the matrix has rows, or
     *     holds a number that is not finite
     */
    public static AffineMap of(Matrix matrix, double[] bias) {
        checkArgument(
                bias.length == matrix.rows(),
                "the bias has %s values, expected %s, one for each row of the matrix",
                bias.length,
                matrix.rows());
        return new AffineMap(matrix, Vectors.finite(bias.clone(), "the bias"));
    }

    /**
     * A map that leaves zero where it is.
     *
     * @param matrix A [out, in]
     * @return y = A x
     */
    public static AffineMap linear(Matrix matrix) {
        return new AffineMap(matrix, new double[matrix.rows()]);
    }

    /**
     * The identity.
     *
     * @param width width of x and y
     * @return y = x
     */
    public static AffineMap identity(int width) {
        return linear(Matrix.identity(width));
    }

    /**
     * A map given by what it adds to its argument, as the translators of tuned lenses are.
     *
     * @param difference D [d, d]
     * @param bias b [d], copied
     * @return y = x + D x + b
     * @throws IllegalArgumentException if the matrix is not square, the bias has another length, or
     *     holds a number that is not finite
     */
    public static AffineMap residual(Matrix difference, double[] bias) {
        checkArgument(
                difference.rows() == difference.columns(),
                "what is added to a vector must be as wide as the vector, and %s is not square",
                difference);
        return of(difference.plus(Matrix.identity(difference.rows())), bias);
    }

    /** {@return A [out, in]} */
    public Matrix matrix() {
        return matrix;
    }

    /**
     * The bias.
     *
     * @return b [out], a new array
     */
    public double[] bias() {
        return bias.clone();
    }

    /** {@return the width of x} */
    public int inputWidth() {
        return matrix.columns();
    }

    /** {@return the width of y} */
    public int outputWidth() {
        return matrix.rows();
    }

    /**
     * Applies the map.
     *
     * @param x [in]
     * @return A x + b [out], a new array
     * @throws IllegalArgumentException if x has another length
     */
    public double[] apply(double[] x) {
        double[] y = matrix.times(x);
        Vectors.addTo(y, 0, 1, bias, 0, bias.length);
        return y;
    }

    /**
     * Applies the map to every row of a matrix.
     *
     * @param x X [row, in]
     * @return X A^T + b [row, out]
     * @throws IllegalArgumentException if the rows have another length
     */
    public Matrix applyToRows(Matrix x) {
        Matrix y = x.times(matrix.transposed());
        double[] values = y.values();
        for (int row = 0; row < y.rows(); row++) {
            Vectors.addTo(values, row * bias.length, 1, bias, 0, bias.length);
        }
        return Matrix.owning(y.rows(), y.columns(), values);
    }

    /**
     * Maps what this map gives.
     *
     * @param next the map applied second
     * @return x -> next(this(x)), with the product of the matrices
     * @throws IllegalArgumentException if {@code next} takes another width than this gives
     */
    public AffineMap andThen(AffineMap next) {
        return new AffineMap(next.matrix.times(matrix), next.apply(bias));
    }

    /**
     * What the map adds to its argument.
     *
     * @return A - I
     * @throws IllegalArgumentException if the map changes the width
     */
    public Matrix difference() {
        return matrix.minus(Matrix.identity(matrix.columns()));
    }

    /**
     * The map as the f of a patchscope.
     *
     * @return {@link Mapping#affine} of the same numbers, copied
     */
    public Mapping toMapping() {
        return Mapping.affine(matrix.toArray(), bias);
    }

    /** Equal matrices and equal biases. */
    @Override
    public boolean equals(Object other) {
        return other instanceof AffineMap map
                && matrix.equals(map.matrix)
                && Arrays.equals(bias, map.bias);
    }

    @Override
    public int hashCode() {
        return 31 * matrix.hashCode() + Arrays.hashCode(bias);
    }

    @Override
    public String toString() {
        return "affine map from %d to %d".formatted(inputWidth(), outputWidth());
    }
}
