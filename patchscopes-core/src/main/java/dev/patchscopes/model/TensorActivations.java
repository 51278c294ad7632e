package dev.patchscopes.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Range;
import dev.patchscopes.text.TokenBatch;

/**
 * What a run read, as tensors on the model's device: for work on many states at once that would
 * lose time by going through Java arrays, such as lenses and their training.
 *
 * <p>Each tensor is {@code [row, d]}: the tokens of the first prompt, then those of the second, and
 * so on, padding left out. It holds copies, which may be changed.
 *
 * <p>Owns native memory: close it. Its tensors end with it, and with the model at the latest. Not
 * for several threads at once.
 *
 * <pre>{@code
 * try (TensorActivations acts = model.run("The Eiffel Tower is in")
 *         .capture(HookPoint.residual(4), HookPoint.residual(model.layers()))
 *         .tensors()) {
 *     NDArray h = acts.get(HookPoint.residual(4)); // [row, d_model]
 * }
 * }</pre>
 */
public final class TensorActivations implements AutoCloseable {
    private final TokenBatch batch;
    private final NDManager manager;
    private final ImmutableMap<HookPoint, NDArray> tensors;

    TensorActivations(
            TokenBatch batch, NDManager manager, ImmutableMap<HookPoint, NDArray> tensors) {
        this.batch = batch;
        this.manager = manager;
        this.tensors = tensors;
    }

    /** {@return the prompts, with their tokens} */
    public TokenBatch prompts() {
        return batch;
    }

    /** {@return the points captured} */
    public ImmutableSet<HookPoint> points() {
        return tensors.keySet();
    }

    /**
     * Returns what was read at a point.
     *
     * @param point a captured point
     * @return {@code [row, d]}, owned by this object
     * @throws UnknownSiteException if the run did not capture it
     */
    public NDArray get(HookPoint point) {
        NDArray tensor = tensors.get(point);
        if (tensor == null) {
            throw new UnknownSiteException(
                    "%s was not captured: this run captured %s. Add .capture(...) before tensors()"
                            .formatted(point, tensors.keySet()));
        }
        return tensor;
    }

    /**
     * Tells which rows are a prompt's.
     *
     * @param prompt prompt of the batch
     * @return its rows, the last one excluded
     * @throws OutOfRangeException if there is no such prompt
     */
    public Range<Integer> rows(int prompt) {
        if (prompt < 0 || prompt >= batch.rows()) {
            throw new OutOfRangeException(
                    "prompt %d is not in 0..%d, the prompts of the batch"
                            .formatted(prompt, batch.rows() - 1));
        }
        int from = 0;
        for (int p = 0; p < prompt; p++) {
            from += batch.length(p);
        }
        return Range.closedOpen(from, from + batch.length(prompt));
    }

    /** {@return number of rows of each tensor: the tokens of all prompts} */
    public int rows() {
        int rows = 0;
        for (int p = 0; p < batch.rows(); p++) {
            rows += batch.length(p);
        }
        return rows;
    }

    /** {@return the owner of the tensors, for tensors that shall end with them} */
    public NDManager manager() {
        return manager;
    }

    /** Releases the tensors. Closing twice does nothing. */
    @Override
    public void close() {
        manager.close();
    }

    /** {@return points, and how many rows} */
    @Override
    public String toString() {
        return "TensorActivations[%d rows, %s]".formatted(rows(), tensors.keySet());
    }
}
