package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Matrix;

/**
 * States of one layer, and the tokens around each.
 *
 * @param layer 0..L
 * @param states {@code [row, d_model]}
 * @param tokens of each row, the token at the state's own position t, then those at t + 1, t + 2
 *     and so on, as far as they are given
 */
public record FutureStates(int layer, Matrix states, ImmutableList<ImmutableIntArray> tokens) {

    /**
     * Checks that each state has its tokens.
     *
     * @param layer 0..L
     * @param states {@code [row, d_model]}
     * @param tokens of each row, from its own token on
     */
    public FutureStates {
        checkArgument(
                states.rows() == tokens.size(),
                "%s states and tokens of %s",
                states.rows(),
                tokens.size());
        checkArgument(
                tokens.stream().noneMatch(ImmutableIntArray::isEmpty),
                "a state has no tokens; give at least the one at its own position");
    }

    /** {@return number of states} */
    public int rows() {
        return tokens.size();
    }

    /** {@return the layer and how many states} */
    @Override
    public String toString() {
        return "FutureStates[%d of layer %d]".formatted(rows(), layer);
    }
}
