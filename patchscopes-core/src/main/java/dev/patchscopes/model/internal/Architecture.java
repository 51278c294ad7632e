package dev.patchscopes.model.internal;

/**
 * A checkpoint's architecture: what to compute and where the parameters lie.
 *
 * @param spec what to compute
 * @param weights where the parameters lie
 */
public record Architecture(ArchitectureSpec spec, WeightMap weights) {}
