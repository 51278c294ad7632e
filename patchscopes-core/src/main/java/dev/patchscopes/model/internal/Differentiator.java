package dev.patchscopes.model.internal;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.text.TokenBatch;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Derivatives through a run.
 *
 * <p>A zero tensor that asks for its gradient is added at a point: its gradient is the derivative
 * with respect to the activation there. What comes before the first such point is not recorded.
 */
public final class Differentiator {
    private final ModelRuntime runtime;

    /**
     * Makes a differentiator.
     *
     * @param runtime the model
     */
    public Differentiator(ModelRuntime runtime) {
        this.runtime = runtime;
        checkType(runtime);
    }

    /** Refuses a number format in which derivatives cannot be trusted. */
    static void checkType(ModelRuntime runtime) {
        if (runtime.type().dataType() == DataType.FLOAT16) {
            throw new ModelException(
                    "%s computes in float16, in which gradients are not to be trusted: load it with ComputeType.FLOAT32"
                            .formatted(runtime.facts().name()));
        }
    }

    /**
     * A value, its gradients, and the activations they belong to.
     *
     * @param value the metric
     * @param gradients derivative with respect to each point
     * @param activations the values at the same points
     */
    public record Outcome(
            double value,
            ImmutableMap<HookPoint, Captured> gradients,
            ImmutableMap<HookPoint, Captured> activations) {}

    /** Zero tensors at points, made when the run reaches them. */
    private static final class Leaves {
        private final NDManager manager;
        private final Map<HookPoint, NDArray> at = new LinkedHashMap<>();

        Leaves(NDManager manager, RunTaps taps, ImmutableSet<HookPoint> points) {
            this.manager = manager;
            for (HookPoint point : points) {
                taps.leaf(point, value -> join(point, value));
            }
        }

        private NDArray join(HookPoint point, NDArray value) {
            NDArray zero = manager.zeros(value.getShape(), value.getDataType());
            zero.setRequiresGradient(true);
            at.put(point, zero);
            return Tensors.add(value, zero);
        }
    }

    /**
     * Computes the gradient of a metric.
     *
     * @param batch prompts
     * @param points with respect to which activations
     * @param interventions what to change
     * @param metric the last tokens' logits [batch, d_vocab] to a tensor of one value
     * @return value and gradients
     */
    public Outcome gradients(
            TokenBatch batch,
            ImmutableSet<HookPoint> points,
            ImmutableList<Intervention> interventions,
            Function<NDArray, NDArray> metric) {
        Tensors ops = runtime.ops().tracked();
        try (Session session = runtime.open(true)) {
            NDManager run = session.manager();
            runtime.checkBatch(batch, 0);
            RunPlan plan = RunPlan.of(runtime.facts(), batch, points, interventions, true, 0);
            RunTaps taps = new RunTaps(runtime.facts().spec(), ops, plan);
            Leaves leaves = new Leaves(run, taps, points);
            ModelRuntime.Prefill prefill =
                    runtime.prefill(run, ops, taps, plan, KeyValueStore.NONE);
            NDArray last = prefill.lastLogits(plan); // [batch, 1, d_vocab]
            long vocabulary = last.getShape().get(2);
            NDArray value = metric.apply(Tensors.reshape(last, batch.rows(), vocabulary));
            checkMetric(value);
            NDArray seed = ops.fromDoubles(run, new double[] {1}, new Shape(1));
            Interrupts.check(runtime.facts().name(), "before it went backwards");
            backward(value, seed);
            ImmutableMap.Builder<HookPoint, Captured> gradients = ImmutableMap.builder();
            leaves.at.forEach(
                    (point, leaf) -> {
                        CaptureBuffer buffer = new CaptureBuffer(point.site(), batch.rows());
                        try (NDArray gradient = leaf.getGradient()) {
                            buffer.add(gradient, prefill.columns());
                        }
                        gradients.put(point, buffer.finish());
                    });
            return new Outcome(
                    HostValues.doubles(value)[0],
                    gradients.buildOrThrow(),
                    taps.finish("the prompt was read once"));
        }
    }

    private static void checkMetric(NDArray value) {
        if (value == null) {
            throw new ModelException("the metric returned null, expected a tensor of one value");
        }
        if (value.size() != 1) {
            throw new ModelException(
                    "the metric returned shape %s, expected one value: sum or average over the prompts"
                            .formatted(value.getShape()));
        }
    }

    /** The engine can only be asked whether a graph leads to a tensor by walking it. */
    private static void backward(NDArray value, NDArray seed) {
        try {
            Tensors.backward(Tensors.reshape(value, 1), seed, false);
        } catch (EngineException e) {
            if (Strings.nullToEmpty(e.getMessage()).contains("does not require grad")) {
                throw new ModelException(
                        "the metric does not depend on any of the points: compute it from the logits it is given, without toType, duplicate or numbers read out, which cut the graph");
            }
            throw e;
        }
    }
}
