package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;

/** The standard deviation sigma of Gaussian noise on embeddings. */
public sealed interface NoiseScale {

    /**
     * A multiple of the standard deviation of subjects' embeddings: over all entries of the rows of
     * all their tokens, repeated as they occur, with n - 1 in the denominator. The paper takes 3
     * times that of its whole fact set.
     *
     * @param multiple above 0
     * @param facts whose subjects; empty means those that are traced together, a single prompt's
     *     own subject if it is traced alone
     */
    record OfSubjects(double multiple, ImmutableList<FactPrompt> facts) implements NoiseScale {

        /**
         * Checks the multiple.
         *
         * @param multiple above 0
         * @param facts whose subjects
         */
        public OfSubjects {
            checkPositive(multiple, "multiple of the standard deviation");
        }

        /** {@return for example {@code 3.0 x std of subjects}} */
        @Override
        public String toString() {
            return facts.isEmpty()
                    ? multiple + " x std of the traced subjects"
                    : "%s x std of the subjects of %d facts".formatted(multiple, facts.size());
        }
    }

    /**
     * A multiple of the standard deviation of the model's whole embedding table.
     *
     * @param multiple above 0
     */
    record OfVocabulary(double multiple) implements NoiseScale {

        /**
         * Checks the multiple.
         *
         * @param multiple above 0
         */
        public OfVocabulary {
            checkPositive(multiple, "multiple of the standard deviation");
        }

        /** {@return for example {@code 3.0 x std of the vocabulary}} */
        @Override
        public String toString() {
            return multiple + " x std of the vocabulary";
        }
    }

    /**
     * The number itself.
     *
     * @param sigma above 0
     */
    record Fixed(double sigma) implements NoiseScale {

        /**
         * Checks the number.
         *
         * @param sigma above 0
         */
        public Fixed {
            checkPositive(sigma, "standard deviation");
        }

        /** {@return for example {@code 0.1}} */
        @Override
        public String toString() {
            return Double.toString(sigma);
        }
    }

    private static void checkPositive(double value, String what) {
        checkArgument(
                value > 0 && value < Double.POSITIVE_INFINITY,
                "a %s of %s makes no noise: give a number above 0",
                what,
                value);
    }
}
