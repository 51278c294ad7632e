package dev.patchscopes.model;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Positions;
import java.util.function.UnaryOperator;

/**
 * A change to a run, as a value.
 *
 * <p>Nothing is registered in the model: an intervention belongs to the runs it is given to.
 * Several at one point apply in the order given. Each must apply at least once, or the run fails
 * with an {@link InterventionException}.
 *
 * <pre>{@code
 * model.run("The Eiffel Tower is in")
 *     .intervene(Intervention.zero(HookPoint.mlpOut(3), Positions.last()))
 *     .execute()
 *     .topTokens(5);
 * }</pre>
 */
public sealed interface Intervention permits Edit, EdgeCut {

    /**
     * Puts values in place of an activation.
     *
     * @param point where
     * @param positions which positions
     * @param values one vector, or one for each position one after the other
     * @return the edit
     */
    static Edit replace(HookPoint point, Positions positions, float... values) {
        return Edit.of(point, positions, new Operation.Replace(doubles(values)));
    }

    /**
     * Puts values in place of an activation.
     *
     * @param point where
     * @param positions which positions
     * @param values one vector, or one for each position one after the other
     * @return the edit
     */
    static Edit replace(HookPoint point, Positions positions, double[] values) {
        return Edit.of(
                point, positions, new Operation.Replace(ImmutableDoubleArray.copyOf(values)));
    }

    /**
     * Adds values to an activation.
     *
     * @param point where
     * @param positions which positions
     * @param values one vector, or one for each position one after the other
     * @return the edit
     */
    static Edit add(HookPoint point, Positions positions, float... values) {
        return Edit.of(point, positions, new Operation.Add(doubles(values)));
    }

    /**
     * Adds values to an activation.
     *
     * @param point where
     * @param positions which positions
     * @param values one vector, or one for each position one after the other
     * @return the edit
     */
    static Edit add(HookPoint point, Positions positions, double[] values) {
        return Edit.of(point, positions, new Operation.Add(ImmutableDoubleArray.copyOf(values)));
    }

    /**
     * Multiplies an activation by a number.
     *
     * @param point where
     * @param positions which positions
     * @param factor the number
     * @return the edit
     */
    static Edit scale(HookPoint point, Positions positions, double factor) {
        return Edit.of(point, positions, new Operation.Scale(factor));
    }

    /**
     * Moves an activation towards values: (1 - weight) x + weight v.
     *
     * @param point where
     * @param positions which positions
     * @param weight 0 leaves the activation, 1 replaces it
     * @param values one vector, or one for each position one after the other
     * @return the edit
     */
    static Edit interpolate(HookPoint point, Positions positions, double weight, float... values) {
        return Edit.of(point, positions, new Operation.Interpolate(doubles(values), weight));
    }

    /**
     * Moves an activation towards values: (1 - weight) x + weight v.
     *
     * @param point where
     * @param positions which positions
     * @param weight 0 leaves the activation, 1 replaces it
     * @param values one vector, or one for each position one after the other
     * @return the edit
     */
    static Edit interpolate(HookPoint point, Positions positions, double weight, double[] values) {
        return Edit.of(
                point,
                positions,
                new Operation.Interpolate(ImmutableDoubleArray.copyOf(values), weight));
    }

    /**
     * Sets an activation to zero.
     *
     * @param point where
     * @param positions which positions
     * @return the edit
     */
    static Edit zero(HookPoint point, Positions positions) {
        return Edit.of(point, positions, new Operation.Zero());
    }

    /**
     * Replaces an activation by its mean over the tokens of the same prompt.
     *
     * @param point where
     * @param positions which positions
     * @return the edit
     */
    static Edit mean(HookPoint point, Positions positions) {
        return Edit.of(point, positions, new Operation.Mean());
    }

    /**
     * Removes the component of an activation along a direction.
     *
     * @param point where
     * @param positions which positions
     * @param direction the direction, of any length but zero
     * @return the edit
     * @throws IllegalArgumentException if the direction is zero
     */
    static Edit projectOut(HookPoint point, Positions positions, float... direction) {
        return Edit.of(point, positions, new Operation.ProjectOut(doubles(direction)));
    }

    /**
     * Removes the component of an activation along a direction.
     *
     * @param point where
     * @param positions which positions
     * @param direction the direction, of any length but zero
     * @return the edit
     * @throws IllegalArgumentException if the direction is zero
     */
    static Edit projectOut(HookPoint point, Positions positions, double[] direction) {
        return Edit.of(
                point, positions, new Operation.ProjectOut(ImmutableDoubleArray.copyOf(direction)));
    }

    /**
     * Applies a function to each selected vector.
     *
     * @param point where
     * @param positions which positions
     * @param function gets a copy of the vector, gives one of the same length
     * @return the edit
     */
    static Edit map(HookPoint point, Positions positions, UnaryOperator<double[]> function) {
        return Edit.of(point, positions, new Operation.Map(function));
    }

    /**
     * Applies a function of tensors to a whole activation.
     *
     * <p>Where gradients or Jacobians are taken through it, tensors that the function makes and
     * closes must not take part: DJL's {@code value.mul(1.5)} is one that does, with the number,
     * and its gradient is read from freed memory. Make such a tensor yourself, in a manager that
     * outlives the run.
     *
     * @param point where
     * @param function the function
     * @return the edit
     */
    static Edit custom(HookPoint point, TensorHook function) {
        return Edit.of(point, Positions.all(), new Operation.Custom(function));
    }

    /**
     * Cuts attention edges before the softmax in a range of blocks, in all heads.
     *
     * @param queries positions that attend
     * @param keys positions no longer attended to
     * @param fromBlock first block
     * @param toBlock block after the last one
     * @return the cut
     */
    static EdgeCut cutAttention(Positions queries, Positions keys, int fromBlock, int toBlock) {
        return new EdgeCut(
                queries,
                keys,
                fromBlock,
                toBlock,
                ImmutableIntArray.of(),
                ImmutableIntArray.of(),
                true,
                Phase.PREFILL);
    }

    /** {@return when the intervention applies during generation} */
    Phase phase();

    private static ImmutableDoubleArray doubles(float[] values) {
        ImmutableDoubleArray.Builder out = ImmutableDoubleArray.builder(values.length);
        for (float v : values) {
            out.add(v);
        }
        return out.build();
    }
}
