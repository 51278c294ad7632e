package dev.patchscopes.model;

import ai.djl.ndarray.NDArray;

/** Any change of an activation, as a function of tensors. */
@FunctionalInterface
public interface TensorHook {

    /**
     * Computes what the model goes on with.
     *
     * @param value the whole activation, with the axes of its {@link Site} and all columns of the
     *     batch, padding included; neither changed nor closed nor kept by the function
     * @param context where and when
     * @return an array of the same shape and type; the model releases it. Returning {@code value}
     *     means no change
     */
    NDArray apply(NDArray value, HookContext context);
}
