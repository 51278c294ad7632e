package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;

/**
 * A checkpoint that was not loaded because some of its weights would not be finite.
 *
 * @see ModelLoader#checkFinite()
 */
public final class NonFiniteWeightsException extends ModelException {
    private static final long serialVersionUID = 1L;

    private final transient ImmutableList<NonFiniteWeight> weights;

    NonFiniteWeightsException(String name, ImmutableList<NonFiniteWeight> weights) {
        super(
                "%s is not loaded: %s%s"
                        .formatted(
                                name,
                                weights.get(0),
                                weights.size() == 1
                                        ? ""
                                        : ". %d more tensors have such values: nonFiniteWeights() lists them"
                                                .formatted(weights.size() - 1)));
        this.weights = weights;
    }

    /** {@return the tensors with such values, in the order of the checkpoint} */
    public ImmutableList<NonFiniteWeight> weights() {
        return weights;
    }
}
