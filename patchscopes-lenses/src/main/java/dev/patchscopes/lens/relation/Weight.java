package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Svd;
import java.util.Arrays;
import java.util.OptionalInt;

/** The linear part of a relation [d_model, d_model], whole or in factors. */
sealed interface Weight {

    double[] times(double[] h);

    Matrix toMatrix();

    OptionalInt rank();

    /**
     * The best approximation of a rank in 1..d_model; itself if it is kept as no more than that.
     */
    Weight truncated(int rank);

    /** V_r S_r^-1 U_r^T; refuses ranks that are not in 1..rank of W. */
    LowRank pseudoInverse(int rank);

    /**
     * All of it.
     *
     * @param svd decomposes it when first asked, and remembers
     */
    record Whole(Matrix matrix, Supplier<Svd> svd) implements Weight {
        Whole(Matrix matrix) {
            this(matrix, Suppliers.memoize(matrix::svd));
        }

        @Override
        public double[] times(double[] h) {
            return matrix.times(h);
        }

        @Override
        public Matrix toMatrix() {
            return matrix;
        }

        @Override
        public OptionalInt rank() {
            return OptionalInt.empty();
        }

        @Override
        public Weight truncated(int rank) {
            return new Factored(svd.get().truncated(rank));
        }

        @Override
        public LowRank pseudoInverse(int rank) {
            return svd.get().pseudoInverse(rank);
        }
    }

    /**
     * Its largest singular values alone. The factors are their own decomposition, so that nothing
     * of the whole is kept.
     *
     * @param factors U_r S_r and V_r, with values descending
     */
    record Factored(LowRank factors) implements Weight {
        @Override
        public double[] times(double[] h) {
            return factors.times(h);
        }

        @Override
        public Matrix toMatrix() {
            return factors.toMatrix();
        }

        @Override
        public OptionalInt rank() {
            return OptionalInt.of(factors.rank());
        }

        @Override
        public Weight truncated(int rank) {
            checkArgument(
                    1 <= rank && rank <= factors.rows(),
                    "rank %s is not in 1..%s",
                    rank,
                    factors.rows());
            return rank >= factors.rank()
                    ? this
                    : new Factored(
                            new LowRank(
                                    factors.left().firstColumns(rank),
                                    factors.right().firstColumns(rank)));
        }

        @Override
        public LowRank pseudoInverse(int rank) {
            double[] s = singularValues();
            double least = factors.rows() * s[0] * Math.ulp(1.0); // as Svd.rank() has it
            long most = Arrays.stream(s).filter(value -> value > least).count();
            checkArgument(
                    1 <= rank && rank <= most,
                    "rank %s is not in 1..%s, what the truncated W has",
                    rank,
                    most);
            // V S^-1 U^T = V S^-2 (U S)^T
            double[] inverse = Arrays.stream(s, 0, rank).map(value -> 1 / value / value).toArray();
            return new LowRank(
                    scaledColumns(factors.right().firstColumns(rank), inverse),
                    factors.left().firstColumns(rank));
        }

        private double[] singularValues() {
            double[] s = new double[factors.rank()];
            for (int i = 0; i < s.length; i++) {
                s[i] = Baselines.norm(factors.left().column(i)); // of U_r S_r, with U_r orthonormal
            }
            return s;
        }

        private static Matrix scaledColumns(Matrix matrix, double[] factors) {
            double[] values = matrix.values(); // row by row
            for (int i = 0; i < values.length; i++) {
                values[i] *= factors[i % factors.length];
            }
            return Matrix.of(matrix.rows(), matrix.columns(), values);
        }
    }
}
