package dev.patchscopes.model.internal;

/**
 * A float64 matrix as it goes to and comes from native memory; the array is shared, not copied.
 *
 * @param rows rows
 * @param columns columns
 * @param values row-major; nobody writes into them any more
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
public record Dense(int rows, int columns, double[] values) {}
