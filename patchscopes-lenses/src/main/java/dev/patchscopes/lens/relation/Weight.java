package dev.patchscopes.lens.relation;

import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import java.util.OptionalInt;

/** The linear part of a relation [d_model, d_model], whole or in factors. */
sealed interface Weight {

    double[] times(double[] h);

    Matrix toMatrix();

    OptionalInt rank();

    /** All of it. */
    record Whole(Matrix matrix) implements Weight {
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
    }

    /** Its largest singular values alone. */
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
    }
}
