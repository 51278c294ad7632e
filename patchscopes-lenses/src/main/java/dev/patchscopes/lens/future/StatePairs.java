package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The states of some texts, and which lie N tokens apart. Holds native memory: close it. */
final class StatePairs implements AutoCloseable {
    /** Bytes of a teacher's distributions, each of two tensors. */
    private static final long TEACHER_BYTES = 128L << 20;

    private final TensorActivations activations;
    private final int layers;
    private final long[] rows;

    /**
     * @param ahead the largest N: of each text, the states are taken that far from its end
     */
    StatePairs(HookedModel model, TokenBatch texts, ImmutableIntArray layers, int ahead) {
        this(model, texts, layers, ahead, Integer.MAX_VALUE);
    }

    /**
     * @param most how many pairs at most, from all over the texts
     */
    StatePairs(HookedModel model, TokenBatch texts, ImmutableIntArray layers, int ahead, int most) {
        this.layers = model.layers();
        List<HookPoint> points = new ArrayList<>();
        layers.forEach(layer -> points.add(HookPoint.residual(layer)));
        points.add(HookPoint.residual(model.layers()));
        this.activations = model.run(texts).capture(points).tensors();
        try {
            this.rows = some(all(activations, texts.rows(), ahead), most);
        } catch (RuntimeException | Error e) {
            activations.close();
            throw e;
        }
    }

    /** Rows of the states at each t, of all texts. */
    private static long[] all(TensorActivations activations, int texts, int ahead) {
        return IntStream.range(0, texts)
                .mapToObj(activations::rows)
                .flatMapToLong(
                        range ->
                                LongStream.range(
                                        range.lowerEndpoint() + 1L, // the first is unlike
                                        range.upperEndpoint() - (long) ahead))
                .toArray();
    }

    private static long[] some(long[] all, int most) {
        return all.length <= most
                ? all
                : LongStream.range(0, most).map(i -> all[(int) (i * all.length / most)]).toArray();
    }

    /** As many rows as a teacher of moderate size can be of. */
    static int slice(HookedModel model) {
        return (int) Math.max(1, TEACHER_BYTES / (4L * model.vocabularySize()));
    }

    int count() {
        return rows.length;
    }

    NDManager manager() {
        return activations.manager();
    }

    /** h_l at the positions t, [row, d_model]; to be closed. */
    NDArray source(int layer) {
        return source(layer, 0, rows.length);
    }

    /** The same of some of the rows, [to - from, d_model]; to be closed. */
    NDArray source(int layer, int from, int to) {
        return take(layer, 0, from, to);
    }

    /** h_L at t + N, [row, d_model]; to be closed. */
    NDArray last(int n) {
        return last(n, 0, rows.length);
    }

    /** The same of some of the rows, [to - from, d_model]; to be closed. */
    NDArray last(int n, int from, int to) {
        return take(layers, n, from, to);
    }

    private NDArray take(int layer, int shift, int from, int to) {
        NDArray all = activations.get(HookPoint.residual(layer));
        try (NDManager scope = activations.manager().newSubManager()) {
            NDArray ids =
                    scope.create(Arrays.stream(rows, from, to).map(row -> row + shift).toArray());
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
