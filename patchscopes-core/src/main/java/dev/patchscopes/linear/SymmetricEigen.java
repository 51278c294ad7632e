package dev.patchscopes.linear;

import dev.patchscopes.model.internal.Dense;
import dev.patchscopes.model.internal.LinearAlgebra;
import java.util.List;

/**
 * The eigendecomposition A = Q diag(w) Q^T of a symmetric matrix [n, n].
 *
 * <p>Immutable.
 */
public final class SymmetricEigen {
    private final double[] values; // [n]
    private final Matrix vectors; // [n, n]

    private SymmetricEigen(double[] values, Matrix vectors) {
        this.values = values;
        this.vectors = vectors;
    }

    static SymmetricEigen of(Matrix matrix) {
        List<Dense> found = LinearAlgebra.eigh(matrix.dense());
        return new SymmetricEigen(found.get(0).values(), Matrix.of(found.get(1)));
    }

    /**
     * The eigenvalues w.
     *
     * @return a new array [n], ascending
     */
    public double[] values() {
        return values.clone();
    }

    /** {@return the eigenvectors Q [n, n], orthonormal, one a column in the order of the values} */
    public Matrix vectors() {
        return vectors;
    }

    @Override
    public String toString() {
        return "eigendecomposition of a matrix %d x %d, eigenvalues %.4g to %.4g"
                .formatted(vectors.rows(), vectors.rows(), values[0], values[values.length - 1]);
    }
}
