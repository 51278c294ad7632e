package dev.patchscopes.linear;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import dev.patchscopes.model.internal.Dense;
import dev.patchscopes.model.internal.LinearAlgebra;
import java.util.Arrays;
import java.util.List;

/**
 * The thin singular value decomposition A = U diag(s) V^T of a matrix [m, n], with k = min(m, n).
 *
 * <pre>{@code
 * Svd svd = jacobian.svd();                          // A: d z / d h
 * double[] edit = svd.pseudoInverse(50).times(dz);   // V_r S_r^-1 U_r^T dz
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Svd {
    private final Matrix u; // [m, k]
    private final double[] s; // [k]
    private final Matrix v; // [n, k]

    private Svd(Matrix u, double[] s, Matrix v) {
        this.u = u;
        this.s = s;
        this.v = v;
    }

    static Svd of(Matrix matrix) {
        List<Dense> found = LinearAlgebra.svd(matrix.dense());
        return new Svd(Matrix.of(found.get(0)), found.get(1).values(), Matrix.of(found.get(2)));
    }

    /** {@return the left singular vectors [m, k], one a column} */
    public Matrix u() {
        return u;
    }

    /** {@return the right singular vectors [n, k], one a column} */
    public Matrix v() {
        return v;
    }

    /**
     * The singular values.
     *
     * @return a new array [k], descending, none negative
     */
    public double[] singularValues() {
        return s.clone();
    }

    /**
     * One singular value.
     *
     * @param index from 0, which is the largest
     * @return the value
     */
    public double singularValue(int index) {
        checkElementIndex(index, s.length, "singular value");
        return s[index];
    }

    /**
     * The rank, as far as float64 can tell it: the singular values above max(m, n) s_0 2^-52.
     *
     * @return 0..k
     */
    public int rank() {
        double least = Math.max(u.rows(), v.rows()) * s[0] * Math.ulp(1.0);
        return (int) Arrays.stream(s).filter(value -> value > least).count();
    }

    /**
     * The best approximation of a rank (Eckart and Young 1936).
     *
     * @param rank r, 1..k
     * @return U_r diag(s_r) V_r^T as factors
     * @throws IllegalArgumentException if the rank is not in 1..k
     */
    public LowRank truncated(int rank) {
        checkRank(rank, s.length);
        return new LowRank(
                u.firstColumns(rank).scaledColumns(Arrays.copyOf(s, rank)), v.firstColumns(rank));
    }

    /**
     * The pseudo-inverse of the best approximation of a rank, which maps [m] to [n].
     *
     * @param rank r, 1..{@link #rank()}
     * @return V_r diag(s_r)^-1 U_r^T as factors
     * @throws IllegalArgumentException if the rank is not in 1..{@link #rank()}: what lies beyond
     *     is rounding, and its inverse noise
     */
    public LowRank pseudoInverse(int rank) {
        checkRank(rank, rank());
        double[] inverse = Arrays.stream(s, 0, rank).map(value -> 1 / value).toArray();
        return new LowRank(v.firstColumns(rank).scaledColumns(inverse), u.firstColumns(rank));
    }

    /**
     * The Moore-Penrose pseudo-inverse, of the full {@link #rank()}.
     *
     * @return A^+ as factors
     * @throws IllegalArgumentException if the matrix is zero
     */
    public LowRank pseudoInverse() {
        return pseudoInverse(rank());
    }

    private void checkRank(int rank, int most) {
        checkArgument(
                1 <= rank && rank <= most,
                "rank %s is not in 1..%s; the matrix is %s x %s, with %s singular values of which"
                        + " %s are more than rounding",
                rank,
                most,
                u.rows(),
                v.rows(),
                s.length,
                rank());
    }

    @Override
    public String toString() {
        return "svd of a matrix %d x %d, singular values %.4g to %.4g, rank %d"
                .formatted(u.rows(), v.rows(), s[0], s[s.length - 1], rank());
    }
}
