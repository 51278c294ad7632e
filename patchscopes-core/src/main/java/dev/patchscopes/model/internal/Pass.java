package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDManager;

/**
 * What one pass through the model carries beside the residual stream.
 *
 * @param manager owner of the pass's tensors; closed with the run
 * @param ops operations, recording a graph or not
 * @param taps what the run sees and changes
 * @param positions rotations and learned positions of the current columns
 * @param masks which keys each query may see
 * @param store keys and values
 */
record Pass(
        NDManager manager,
        Tensors ops,
        Taps taps,
        PositionTables positions,
        AttentionMasks masks,
        KeyValueStore store) {}
