package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * Attention edges cut in one block.
 *
 * @param scores added to the scores, negative infinity at edges cut before the softmax; broadcasts
 *     to [batch, head, query_pos, key_pos]
 * @param pattern multiplied into the pattern, zero at edges cut after the softmax
 * @param emptiesRows whether {@code scores} leaves some query nothing to attend to
 */
record EdgeMask(Optional<NDArray> scores, Optional<NDArray> pattern, boolean emptiesRows)
        implements AutoCloseable {

    /** Frees the tensors. */
    @Override
    public void close() {
        scores.ifPresent(NDArray::close);
        pattern.ifPresent(NDArray::close);
    }
}
