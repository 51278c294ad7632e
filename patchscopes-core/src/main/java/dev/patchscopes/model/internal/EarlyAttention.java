package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.Site;
import java.util.Arrays;
import java.util.Optional;

/**
 * Rows that attend in their lowest blocks only: above, what their heads have mixed becomes zero.
 */
final class EarlyAttention implements Taps {
    private final int[] attending;
    private final int fewest;
    private final Tensors ops;
    private final NDManager scope;

    private EarlyAttention(int[] attending, int fewest, Tensors ops, NDManager scope) {
        this.attending = attending;
        this.fewest = fewest;
        this.ops = ops;
        this.scope = scope;
    }

    /**
     * @param attending per row, how many of the lowest blocks attend
     */
    static Taps of(int[] attending, ArchitectureSpec spec, Tensors ops, NDManager scope) {
        int fewest = Arrays.stream(attending).min().orElse(spec.layers());
        return fewest >= spec.layers()
                ? Taps.NONE
                : new EarlyAttention(attending, fewest, ops, scope);
    }

    @Override
    public boolean wants(Site site, int block) {
        return site == Site.Z && block >= fewest;
    }

    @Override
    public NDArray visit(Site site, int block, NDArray value) {
        float[] kept = new float[attending.length];
        for (int row = 0; row < kept.length; row++) {
            kept[row] = block < attending[row] ? 1 : 0;
        }
        NDArray factors = ops.fromFloats(scope, kept, new Shape(kept.length, 1, 1, 1));
        return Tensors.mul(value, factors); // [row, pos, head, d_head]
    }

    @Override
    public Optional<EdgeMask> edges(int block) {
        return Optional.empty();
    }
}
