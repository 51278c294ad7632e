package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A run whose captures stay tensors. */
public final class TensorRun {
    private final ModelRuntime runtime;

    /**
     * Makes such runs.
     *
     * @param runtime the model
     */
    public TensorRun(ModelRuntime runtime) {
        this.runtime = runtime;
    }

    /**
     * Tensors and their owner.
     *
     * @param manager closed by whoever holds it
     * @param tensors {@code [row, d]} by point
     */
    public record Outcome(NDManager manager, ImmutableMap<HookPoint, NDArray> tensors) {}

    /**
     * Runs prompts once.
     *
     * @param batch prompts
     * @param points what to read; one vector a position each
     * @param interventions what to change
     * @param checkFinite whether to stop where values are not finite
     * @return what was read
     */
    public Outcome run(
            TokenBatch batch,
            ImmutableSet<HookPoint> points,
            ImmutableList<Intervention> interventions,
            boolean checkFinite) {
        points.forEach(TensorRun::checkRows);
        try (Session session = runtime.open(false)) {
            runtime.checkBatch(batch, 0);
            RunPlan plan = RunPlan.of(runtime.facts(), batch, points, interventions, false, 0);
            NDManager owner = session.manager().getParentManager().newSubManager();
            try {
                Map<HookPoint, NDArray> tensors = new LinkedHashMap<>();
                RunTaps taps =
                        RunTaps.showing(
                                runtime.facts().spec(),
                                runtime.ops(),
                                plan,
                                (point, value, columns) ->
                                        tensors.put(point, rows(value, columns, owner)));
                taps.watchedBy(runtime.watch(checkFinite));
                runtime.prefill(session.manager(), runtime.ops(), taps, plan, KeyValueStore.NONE);
                taps.finish("the prompt was read once");
                return new Outcome(owner, ImmutableMap.copyOf(tensors));
            } catch (RuntimeException | Error e) {
                owner.close();
                throw e;
            }
        }
    }

    private static void checkRows(HookPoint point) {
        if (point.site().axes().size() != 3) {
            throw new InterventionException(
                    "%s has axes %s, and tensors() reads sites with one vector a position: use execute()"
                            .formatted(point, point.site().axes()));
        }
    }

    /** The tokens of all prompts, [row, d], of an activation [batch, pos, d]; a copy. */
    private static NDArray rows(NDArray value, Columns columns, NDManager owner) {
        long width = value.getShape().get(2);
        List<NDArray> parts = new ArrayList<>();
        try {
            for (int row = 0; row < columns.rows(); row++) {
                long[] from = {row, columns.start(row) - columns.from(), 0};
                long[] to = {row + 1L, columns.end(row) - columns.from(), width};
                parts.add(Tensors.box(value, from, to));
            }
            NDArray joined = Tensors.concat(1, parts.toArray(new NDArray[0])); // [1, row, d]
            try (joined) {
                NDArray flat = Tensors.reshape(joined, joined.getShape().get(1), width);
                flat.attach(owner);
                return flat;
            }
        } finally {
            parts.forEach(NDArray::close);
        }
    }
}
