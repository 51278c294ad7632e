package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * Attention edges cut in one block.
 *
 * @param scores added to the scores, negative infinity at edges cut before the softmax; finite in
 *     rows that would be left with nothing, which {@code pattern} empties instead, so that neither
 *     values nor gradients become NaN; broadcasts to [batch, head, query_pos, key_pos]
 * @param pattern multiplied into the pattern, zero at edges cut after the softmax
 */
record EdgeMask(Optional<NDArray> scores, Optional<NDArray> pattern) {}
