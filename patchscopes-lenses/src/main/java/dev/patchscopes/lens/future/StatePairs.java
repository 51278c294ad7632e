package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The states of some texts, and which lie N tokens apart. Holds native memory: close it. */
final class StatePairs implements AutoCloseable {
    private final TensorActivations activations;
    private final int layers;
    private final long[] rows;

    /**
     * @param ahead the largest N: of each text, the states are taken that far from its end
     */
    StatePairs(HookedModel model, TokenBatch texts, ImmutableIntArray layers, int ahead) {
        this.layers = model.layers();
        List<HookPoint> points = new ArrayList<>();
        layers.forEach(layer -> points.add(HookPoint.residual(layer)));
        points.add(HookPoint.residual(model.layers()));
        this.activations = model.run(texts).capture(points).tensors();
        this.rows =
                IntStream.range(0, texts.rows())
                        .mapToObj(activations::rows)
                        .flatMapToLong(
                                range ->
                                        LongStream.range(
                                                range.lowerEndpoint() + 1L, // the first is unlike
                                                range.upperEndpoint() - (long) ahead))
                        .toArray();
    }

    int count() {
        return rows.length;
    }

    NDManager manager() {
        return activations.manager();
    }

    /** h_l at the positions t, [row, d_model]; to be closed. */
    NDArray source(int layer) {
        return take(layer, 0);
    }

    /** h_L at t + N, [row, d_model]; to be closed. */
    NDArray last(int n) {
        return take(layers, n);
    }

    private NDArray take(int layer, int shift) {
        NDArray all = activations.get(HookPoint.residual(layer));
        try (NDManager scope = activations.manager().newSubManager()) {
            NDArray ids = scope.create(LongStream.of(rows).map(row -> row + shift).toArray());
            NDArray some = all.get(ids);
            some.attach(activations.manager());
            return some;
        }
    }

    @Override
    public void close() {
        activations.close();
    }
}
