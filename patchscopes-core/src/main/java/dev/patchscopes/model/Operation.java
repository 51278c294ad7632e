package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.function.UnaryOperator;

/**
 * What an {@link Edit} does to the vectors it selects.
 *
 * <p>A vector runs along the site's last axis. Where an operation carries values, they are either
 * one vector, used at every selected position, or one vector for each selected position in
 * ascending order.
 */
public sealed interface Operation {

    /**
     * Puts values in place of what was there.
     *
     * @param values one vector, or one a position
     */
    record Replace(ImmutableDoubleArray values) implements Operation {}

    /**
     * Adds values.
     *
     * @param values one vector, or one a position
     */
    record Add(ImmutableDoubleArray values) implements Operation {}

    /**
     * Multiplies by a number.
     *
     * @param factor the number
     */
    record Scale(double factor) implements Operation {}

    /**
     * Moves towards values: (1 - weight) x + weight v.
     *
     * @param values one vector, or one a position
     * @param weight 0 leaves x, 1 replaces it
     */
    record Interpolate(ImmutableDoubleArray values, double weight) implements Operation {}

    /** Sets to zero. */
    record Zero() implements Operation {}

    /** Replaces each selected vector by the mean of the same row's vectors over all its tokens. */
    record Mean() implements Operation {}

    /**
     * Removes the component along a direction: x - (x . d) d / (d . d).
     *
     * @param direction one vector, not zero
     */
    record ProjectOut(ImmutableDoubleArray direction) implements Operation {

        /**
         * Checks that the direction points somewhere.
         *
         * @param direction one vector, not zero
         */
        public ProjectOut {
            checkArgument(
                    direction.stream().anyMatch(v -> v != 0),
                    "the direction to project out is zero; give a vector with a length");
        }
    }

    /**
     * Applies a function of one vector to each selected vector.
     *
     * @param function gets a copy, gives a vector of the same length
     */
    record Map(UnaryOperator<double[]> function) implements Operation {}

    /**
     * Applies a function of tensors to the whole activation; selections do not apply.
     *
     * @param function the function
     */
    record Custom(TensorHook function) implements Operation {}
}
