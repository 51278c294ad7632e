package dev.patchscopes.model;

/** How a sweep computes its cells. */
public enum Execution {
    /**
     * Everything that causality leaves unchanged is computed once: each base run once, and of each
     * cell only what comes after its first change, all cells together in one pass over the blocks.
     */
    EXACT,
    /** One full forward pass a cell: slow, and the measure of the other. */
    NAIVE
}
