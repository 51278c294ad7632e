package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.internal.RecordedMap.Vectors;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiFunction;

/**
 * The Jacobian of one place in the residual stream of a prompt with respect to an earlier one, and
 * products with it: J[a][b] = d output[a] / d input[b].
 *
 * <p>Only what lies between the two places is recorded, in copies; see {@link SuffixPass}. Runs
 * with an intervention that looks further are recorded whole, one product at a time.
 */
public final class ResidualJacobian {
    private final ModelRuntime runtime;
    private final TokenBatch batch;
    private final ImmutableList<Intervention> interventions;
    private final Place from;
    private final Place to;
    private final Way way;

    /**
     * A place in the residual stream of a prompt.
     *
     * @param layer k in 0..L
     * @param token token index
     */
    public record Place(int layer, int token) {}

    /**
     * How products are computed.
     *
     * @param wholePrompt whether the whole prompt is recorded even where its end would do
     * @param copies how many products at once; as many as are worth it where not given
     */
    private record Way(boolean wholePrompt, OptionalInt copies) {}

    /**
     * Names two places; nothing is computed yet.
     *
     * @param runtime the model
     * @param batch one prompt
     * @param interventions what to change
     * @param from layer and token of the input
     * @param to layer and token of the output; its layer not before the input's
     * @throws dev.patchscopes.model.ModelException if the model computes in float16
     */
    public ResidualJacobian(
            ModelRuntime runtime,
            TokenBatch batch,
            ImmutableList<Intervention> interventions,
            Place from,
            Place to) {
        this(runtime, batch, interventions, from, to, new Way(false, OptionalInt.empty()));
        Differentiator.checkType(runtime);
    }

    private ResidualJacobian(
            ModelRuntime runtime,
            TokenBatch batch,
            ImmutableList<Intervention> interventions,
            Place from,
            Place to,
            Way way) {
        this.runtime = runtime;
        this.batch = batch;
        this.interventions = interventions;
        this.from = from;
        this.to = to;
        this.way = way;
    }

    /** The same, with the whole prompt recorded: the measure of the other way. */
    ResidualJacobian overWholePrompt() {
        return with(new Way(true, OptionalInt.empty()));
    }

    /** The same, with a given number of products at once. */
    ResidualJacobian inCopies(int copies) {
        return with(new Way(false, OptionalInt.of(copies)));
    }

    private ResidualJacobian with(Way other) {
        return new ResidualJacobian(runtime, batch, interventions, from, to, other);
    }

    /**
     * Computes the Jacobian.
     *
     * @return J [d_model][d_model]
     */
    public double[][] full() {
        return products(Vectors.units(runtime.facts().spec().width()), false, RecordedMap::vjp);
    }

    /**
     * Computes products from the left.
     *
     * @param cotangents vectors [d_model]
     * @return u J for each u
     */
    public double[][] vjp(double[][] cotangents) {
        return products(Vectors.of(cotangents), false, RecordedMap::vjp);
    }

    /**
     * Computes products from the right.
     *
     * @param tangents vectors [d_model]
     * @return J v for each v
     */
    public double[][] jvp(double[][] tangents) {
        return products(Vectors.of(tangents), true, RecordedMap::jvp);
    }

    private double[][] products(
            Vectors vectors, boolean twice, BiFunction<RecordedMap, Vectors, double[][]> product) {
        try (Session session = runtime.open(false)) {
            NDManager run = session.manager();
            runtime.checkBatch(batch, 0);
            RunPlan plan = plan();
            if (way.wholePrompt() || !SuffixPass.canCompute(plan, from, to)) {
                Tensors.setGradMode(true); // until the session ends
                return product.apply(wholePrompt(run, plan), vectors);
            }
            SuffixPass suffix = SuffixPass.prepare(run, runtime, plan, from, to);
            if (to.token() < from.token() || to.layer() == from.layer()) {
                return withoutBlocks(vectors);
            }
            Tensors.setGradMode(true);
            int copies =
                    way.copies()
                            .orElseGet(
                                    () ->
                                            suffix.copies(
                                                    vectors.count(),
                                                    twice,
                                                    SweepMemory.defaultBudget()));
            return product.apply(suffix.record(run, copies), vectors);
        }
    }

    /** The run up to the output's layer; it reads nothing else. */
    private RunPlan plan() {
        ImmutableSet<HookPoint> ends =
                ImmutableSet.of(HookPoint.residual(from.layer()), HookPoint.residual(to.layer()));
        RunPlan plan = RunPlan.of(runtime.facts(), batch, ends, interventions, false, 0);
        return new RunPlan(batch, ImmutableSet.of(), plan.steps(), plan.logits(), plan.lastLayer());
    }

    /** A place is itself, and depends neither on its neighbours nor on later tokens. */
    private double[][] withoutBlocks(Vectors vectors) {
        double[][] products = new double[vectors.count()][runtime.facts().spec().width()];
        if (from.equals(to)) {
            for (int i = 0; i < products.length; i++) {
                vectors.write(i, products[i], 0);
            }
        }
        return products;
    }

    private RecordedMap wholePrompt(NDManager run, RunPlan plan) {
        Tensors ops = runtime.ops().tracked();
        RunTaps taps = new RunTaps(runtime.facts().spec(), ops, plan);
        List<NDArray> leaves = new ArrayList<>();
        int input = batch.column(0, from.token());
        taps.leaf(
                HookPoint.residual(from.layer()),
                value -> {
                    NDArray leaf = Tensors.slice(value, 1, input, input + 1L).duplicate();
                    leaf.attach(run);
                    leaf.setRequiresGradient(true);
                    leaves.add(leaf);
                    return withRow(value, input, leaf);
                });
        NDArray residual = runtime.prefill(run, ops, taps, plan, KeyValueStore.NONE).residual();
        taps.finish("the prompt was read once");
        int output = batch.column(0, to.token());
        return new RecordedMap(ops, leaves.get(0), Tensors.slice(residual, 1, output, output + 1L));
    }

    /** The value with one row in the place of its own. */
    private static NDArray withRow(NDArray value, int at, NDArray row) {
        long pos = value.getShape().get(1);
        List<NDArray> parts = new ArrayList<>();
        if (at > 0) {
            parts.add(Tensors.slice(value, 1, 0, at));
        }
        parts.add(row);
        if (at + 1 < pos) {
            parts.add(Tensors.slice(value, 1, at + 1L, pos));
        }
        NDArray joined = Tensors.concat(1, parts.toArray(new NDArray[0])); // [1, pos, d_model]
        joined.attach(value.getManager());
        return joined;
    }
}
