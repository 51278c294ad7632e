package dev.patchscopes.model.internal;

/** What a parameter does, as far as its first values depend on it. */
public enum ParameterRole {
    /** A matrix or a table. */
    MATRIX,
    /** A matrix whose product is added to the residual stream. */
    RESIDUAL,
    /** The weight of a norm. */
    NORM,
    /** Added to a product or a normed value. */
    BIAS
}
