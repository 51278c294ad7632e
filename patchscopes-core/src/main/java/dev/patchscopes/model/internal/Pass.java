package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;

/**
 * What one pass through the model carries beside the residual stream.
 *
 * @param manager owner of the pass's tensors; closed with the run
 * @param ops operations, recording a graph or not
 * @param taps what the run sees and changes
 * @param learnedRows rows of the learned position table [batch or 1, pos]
 * @param core how positions meet
 */
record Pass(
        NDManager manager,
        Tensors ops,
        Taps taps,
        Optional<NDArray> learnedRows,
        AttentionCore core) {}
