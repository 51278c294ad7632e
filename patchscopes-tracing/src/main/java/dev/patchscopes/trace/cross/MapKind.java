package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;

/**
 * What sort of map takes the states of one model to those of another.
 *
 * <pre>{@code
 * MapKind.affine();                   // y = A x + b, penalty chosen on held-out states
 * MapKind.lowRank(16);                // the same with A of rank 16
 * MapKind.rotation();                 // y = R (x - mean) + mean, widths must agree
 * }</pre>
 */
public sealed interface MapKind {

    /** The penalties that are tried unless others are given, as fractions. */
    ImmutableDoubleArray PENALTIES =
            ImmutableDoubleArray.of(1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1);

    /**
     * Ridge regression, y = A x + b. The paper takes least squares (Ghandeharioun et al., 2024,
     * section 4.4), which needs many more states than the source model is wide; a penalty does with
     * fewer.
     *
     * @param penalties fractions of the mean of the diagonal of the states' centred Gram matrix,
     *     above 0, see {@link dev.patchscopes.linear.Moments#relativePenalty}; of several each pair
     *     of layers gets the one with the least squared error on held-out states
     */
    record Ridge(ImmutableDoubleArray penalties) implements MapKind {
        /**
         * Checks the penalties.
         *
         * @param penalties fractions above 0
         * @throws IllegalArgumentException if there is none, or one is not above 0
         */
        public Ridge {
            checkPenalties(penalties);
        }

        @Override
        public String toString() {
            return "ridge";
        }
    }

    /**
     * Ridge regression with a matrix of at most a rank.
     *
     * @param rank at least 1, at most the narrower width
     * @param penalties as for {@link Ridge}
     */
    record LowRank(int rank, ImmutableDoubleArray penalties) implements MapKind {
        /**
         * Checks rank and penalties.
         *
         * @param rank at least 1
         * @param penalties fractions above 0
         * @throws IllegalArgumentException if the rank is less, there is no penalty, or one is not
         *     above 0
         */
        public LowRank {
            checkArgument(rank >= 1, "a rank of %s leaves no matrix: give 1 or more", rank);
            checkPenalties(penalties);
        }

        @Override
        public String toString() {
            return "rank " + rank;
        }
    }

    /**
     * The orthogonal map that takes states nearest to those of the other model, about the means
     * (Schoenemann 1966); for models of one width.
     *
     * @param scaled whether all states are also made longer or shorter by the factor that fits best
     */
    record Procrustes(boolean scaled) implements MapKind {
        @Override
        public String toString() {
            return scaled ? "scaled rotation" : "rotation";
        }
    }

    /** No map at all, for models of one width: what a fitted map is compared with. */
    record Identity() implements MapKind {
        @Override
        public String toString() {
            return "identity";
        }
    }

    /** {@return ridge regression with the penalty chosen among {@link #PENALTIES}} */
    static MapKind affine() {
        return new Ridge(PENALTIES);
    }

    /**
     * Ridge regression with the penalty chosen among some.
     *
     * @param penalties as for {@link Ridge}
     * @return the kind
     * @throws IllegalArgumentException if there is none, or one is not above 0
     */
    static MapKind affine(double... penalties) {
        return new Ridge(ImmutableDoubleArray.copyOf(penalties));
    }

    /**
     * Ridge regression of a rank, with the penalty chosen among {@link #PENALTIES}.
     *
     * @param rank at least 1, at most the narrower width
     * @return the kind
     * @throws IllegalArgumentException if it is less
     */
    static MapKind lowRank(int rank) {
        return new LowRank(rank, PENALTIES);
    }

    /** {@return an orthogonal map} */
    static MapKind rotation() {
        return new Procrustes(false);
    }

    /** {@return an orthogonal map and a scale} */
    static MapKind scaledRotation() {
        return new Procrustes(true);
    }

    /** {@return no map} */
    static MapKind identity() {
        return new Identity();
    }

    private static void checkPenalties(ImmutableDoubleArray penalties) {
        checkArgument(!penalties.isEmpty(), "give at least one penalty; 1e-3 is a usual one");
        penalties.stream()
                .forEach(
                        fraction ->
                                checkArgument(
                                        fraction > 0 && Double.isFinite(fraction),
                                        "a penalty of %s is not above 0",
                                        fraction));
    }
}
