/**
 * Linear algebra in float64, for maps between representations: {@link
 * dev.patchscopes.linear.Matrix} with its decompositions, {@link dev.patchscopes.linear.AffineMap},
 * and {@link dev.patchscopes.linear.Moments}, from which maps are fitted in closed form without
 * keeping the states.
 *
 * <p>What takes time is computed by the LAPACK in libtorch, which the models need anyway. At a
 * width of 4,096 a Java library would take many times as long, and be one more thing to depend on.
 *
 * <p>Everything here is immutable and safe for several threads, but for {@code Moments}, which also
 * is the one thing that has to be closed.
 */
package dev.patchscopes.linear;
