package dev.patchscopes.trace.cross;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.trace.LayerPair;
import java.util.HashMap;
import java.util.Map;

/** Moments of every pair of layers over the same aligned positions. */
final class PairSums implements AutoCloseable {
    private final ImmutableList<LayerPair> pairs;
    private final ImmutableList<Moments> moments;

    PairSums(ImmutableList<LayerPair> pairs, int sourceWidth, int targetWidth) {
        this.pairs = pairs;
        this.moments =
                pairs.stream()
                        .map(pair -> Moments.of(sourceWidth, targetWidth))
                        .collect(ImmutableList.toImmutableList());
    }

    /**
     * Native memory of the sums of one pair of layers from their first states on, in bytes: X^T X
     * and X^T Y in float64.
     */
    static long bytesOfPair(int sourceWidth, int targetWidth) {
        return (long) Double.BYTES * sourceWidth * (sourceWidth + targetWidth);
    }

    /**
     * Adds aligned states.
     *
     * @param sourceRows rows of the source's tensors
     * @param targetRows as many rows of the target's
     */
    void add(
            TensorActivations source,
            long[] sourceRows,
            TensorActivations target,
            long[] targetRows) {
        if (sourceRows.length == 0) {
            return;
        }
        try (NDManager from = source.manager().newSubManager();
                NDManager to = target.manager().newSubManager()) {
            NDArray atSource = from.create(sourceRows);
            NDArray atTarget = to.create(targetRows);
            Map<Integer, NDArray> x = new HashMap<>();
            Map<Integer, NDArray> y = new HashMap<>();
            for (int i = 0; i < pairs.size(); i++) {
                LayerPair pair = pairs.get(i);
                moments.get(i)
                        .add(
                                x.computeIfAbsent(
                                        pair.source(), l -> rows(source, l, atSource, from)),
                                y.computeIfAbsent(
                                        pair.target(), l -> rows(target, l, atTarget, to)));
            }
        }
    }

    /** h_l of some rows, [row, d_model], owned by the scope. */
    private static NDArray rows(TensorActivations acts, int layer, NDArray rows, NDManager scope) {
        NDArray picked = acts.get(HookPoint.residual(layer)).get(rows);
        picked.attach(scope);
        return picked;
    }

    Moments of(int pair) {
        return moments.get(pair);
    }

    /** Number of pairs of states, the same for all layers. */
    long rows() {
        return moments.get(0).rows();
    }

    @Override
    public void close() {
        moments.forEach(Moments::close);
    }
}
