package dev.patchscopes.lens.probe;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;

/**
 * Everything that determines probes: with the same model and examples, training again gives the
 * same.
 *
 * @param library version of the library
 * @param model whose states were read
 * @param examples digest of the examples used, in their order
 * @param labels the classes, sorted
 * @param train training examples and their groups
 * @param validation validation examples and their groups
 * @param test test examples and their groups
 * @param left examples left out because their label was too rare
 * @param keys different keys of the control task
 * @param keysSeen share of test examples whose key occurs among training examples; where it is 0,
 *     the control task cannot be learned, and shows chance only
 * @param validationShare share of the groups asked for
 * @param testShare share of the groups asked for
 * @param cs values of C tried
 * @param maxIterations steps of the solver at most
 * @param tolerance of the gradient of the mean loss
 * @param seed of the split, the shuffled labels and the control task
 */
public record ProbeProvenance(
        LibraryVersion library,
        ModelIdentity model,
        String examples,
        ImmutableList<String> labels,
        Part train,
        Part validation,
        Part test,
        int left,
        int keys,
        double keysSeen,
        double validationShare,
        double testShare,
        ImmutableDoubleArray cs,
        int maxIterations,
        double tolerance,
        long seed) {

    /**
     * A part of the examples.
     *
     * @param examples how many
     * @param groups in how many groups
     */
    public record Part(int examples, int groups) {

        /** {@return for example {@code 60 (20 groups)}} */
        @Override
        public String toString() {
            return "%d (%d groups)".formatted(examples, groups);
        }
    }

    /** {@return model, labels, parts and seed in a line} */
    @Override
    public String toString() {
        return "%d labels on %s; train %s, validation %s, test %s, seed %d"
                .formatted(labels.size(), model.name(), train, validation, test, seed);
    }
}
