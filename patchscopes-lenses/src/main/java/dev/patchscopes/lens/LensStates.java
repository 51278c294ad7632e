package dev.patchscopes.lens;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Site;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * States of a prompt that a lens is given.
 *
 * @param prompt the prompt
 * @param points where they were read: points of the residual stream
 * @param positions at which positions, ascending
 * @param tensors a tensor {@code [pos, d_model]} for each point, on the model's device; owned by
 *     the caller
 */
public record LensStates(
        TokenizedPrompt prompt,
        ImmutableList<HookPoint> points,
        ImmutableIntArray positions,
        ImmutableList<NDArray> tensors) {

    /**
     * Checks that there is a tensor a point.
     *
     * @param prompt the prompt
     * @param points where the states were read
     * @param positions at which positions
     * @param tensors a tensor for each point
     */
    public LensStates {
        checkArgument(
                points.size() == tensors.size(),
                "%s tensors for %s points",
                tensors.size(),
                points.size());
    }

    /**
     * Tells the layer of a point of the residual stream: of the states between a block's attention
     * and its MLP, the layer that the block starts from.
     *
     * @param point {@code resid_pre}, {@code resid_mid} or {@code resid_post}
     * @return 0..L
     * @throws IllegalArgumentException if it is another site
     */
    public static int layer(HookPoint point) {
        checkArgument(
                point.site() == Site.RESID_PRE
                        || point.site() == Site.RESID_MID
                        || point.site() == Site.RESID_POST,
                "%s is no point of the residual stream",
                point);
        return point.site() == Site.RESID_POST ? point.block() + 1 : point.block();
    }

    /** {@return whether the states are those of every position} */
    public boolean isWhole() {
        return positions.length() == prompt.length();
    }
}
