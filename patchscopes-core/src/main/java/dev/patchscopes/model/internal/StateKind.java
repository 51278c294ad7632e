package dev.patchscopes.model.internal;

/** What states are. */
public enum StateKind {
    /** States of the residual stream, d_model wide. */
    RESIDUAL,
    /** What the final norm, and the projection after it, make of those: as wide as W_U. */
    NORMALIZED
}
