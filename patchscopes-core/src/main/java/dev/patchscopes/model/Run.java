package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.CallersFailure;
import dev.patchscopes.model.internal.Captured;
import dev.patchscopes.model.internal.Differentiator;
import dev.patchscopes.model.internal.ModelRuntime;
import dev.patchscopes.model.internal.ResidualJacobian;
import dev.patchscopes.model.internal.TensorRun;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A run through a model, stated as a value: prompts, what to read, what to change.
 *
 * <p>Immutable; each method returns a new run, and a run can be executed any number of times, from
 * any thread. The next token's distribution is computed unless the run captures something, in which
 * case the model stops after the last layer captured; {@link #logits()} asks for both.
 *
 * <pre>{@code
 * Activations acts = model.run("The Eiffel Tower is in")
 *     .capture(HookPoint.residual(8), HookPoint.pattern(3))
 *     .execute();
 * float[] h = acts.vector(HookPoint.residual(8), Positions.last());
 * }</pre>
 */
public final class Run {
    private final HookedModel model;
    private final TokenBatch batch;
    private final ImmutableSet<HookPoint> captures;
    private final ImmutableList<Intervention> interventions;
    private final boolean logits;
    private final boolean checksFinite;

    private Run(
            HookedModel model,
            TokenBatch batch,
            ImmutableSet<HookPoint> captures,
            ImmutableList<Intervention> interventions,
            boolean logits,
            boolean checksFinite) {
        this.model = model;
        this.batch = batch;
        this.captures = captures;
        this.interventions = interventions;
        this.logits = logits;
        this.checksFinite = checksFinite;
    }

    static Run of(HookedModel model, TokenBatch batch) {
        return new Run(model, batch, ImmutableSet.of(), ImmutableList.of(), false, false);
    }

    /**
     * Reads activations.
     *
     * @param points where; what is read there is what the model goes on with, after interventions
     * @return the run
     * @throws UnknownSiteException if the model has no such site
     * @throws OutOfRangeException if it has no such block
     */
    public Run capture(HookPoint... points) {
        return capture(Arrays.asList(points));
    }

    /**
     * Reads activations.
     *
     * @param points where
     * @return the run
     */
    public Run capture(Iterable<HookPoint> points) {
        points.forEach(model.runtime().facts()::check);
        ImmutableSet<HookPoint> all =
                ImmutableSet.<HookPoint>builder().addAll(captures).addAll(points).build();
        return new Run(model, batch, all, interventions, logits, checksFinite);
    }

    /**
     * Changes activations; several changes apply in the order given.
     *
     * @param changes interventions
     * @return the run
     */
    public Run intervene(Intervention... changes) {
        return intervene(Arrays.asList(changes));
    }

    /**
     * Changes activations; several changes apply in the order given.
     *
     * @param changes interventions
     * @return the run
     */
    public Run intervene(Iterable<? extends Intervention> changes) {
        ImmutableList<Intervention> all =
                ImmutableList.<Intervention>builder().addAll(interventions).addAll(changes).build();
        return new Run(model, batch, captures, all, logits, checksFinite);
    }

    /**
     * Computes the next token's distribution whatever else the run reads.
     *
     * @return the run
     */
    public Run logits() {
        return new Run(model, batch, captures, interventions, true, checksFinite);
    }

    /**
     * Stops with an exception at the first point, in the order of computation, whose values are not
     * all finite.
     *
     * <p>Every point that the run computes is looked at, whatever it captures: two reductions each.
     * As when all are captured, norms are computed in steps, which may change results by rounding.
     * Padding, and scores that a mask hides, are passed over. Derivatives first run the model once
     * more to check it.
     *
     * <pre>{@code
     * model.run("The Eiffel Tower is in").checkFinite().execute();
     * }</pre>
     *
     * @return the run
     */
    public Run checkFinite() {
        return new Run(model, batch, captures, interventions, logits, true);
    }

    /**
     * Runs the model, up to the logits, to find the first point in the order of computation whose
     * values are not all finite.
     *
     * @return where and what; empty if all is finite
     * @throws ModelClosedException if the model is closed
     * @throws PromptTooLongException if a prompt exceeds the model's context
     * @throws InterventionException if an intervention has the wrong shape or never applied
     * @throws MemoryException if memory runs out
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    public Optional<NonFinite> findNonFinite() {
        try {
            check();
            return Optional.empty();
        } catch (NonFiniteException e) {
            return Optional.of(e.found());
        }
    }

    /** Runs the model for nothing but the check. */
    private void check() {
        MemoryAdvice.of(
                        () -> described("a check of a run"),
                        "run fewer or shorter prompts at once"
                                + MemoryWords.orSmallerType(model.computeType()))
                .run(
                        () ->
                                model.runtime()
                                        .run(batch, ImmutableSet.of(), interventions, true, true));
    }

    /**
     * Runs the model.
     *
     * @return what was read
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws ModelClosedException if the model is closed
     * @throws PromptTooLongException if a prompt exceeds the model's context
     * @throws InterventionException if an intervention has the wrong shape or never applied
     * @throws MemoryException if memory runs out
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    public Activations execute() {
        return advice("a run").get(this::read);
    }

    private Activations read() {
        boolean wantsLogits = logits || captures.isEmpty();
        ModelRuntime.Outcome outcome =
                model.runtime().run(batch, captures, interventions, wantsLogits, checksFinite);
        return new Activations(
                model.name(),
                batch,
                activations(outcome.captures()),
                outcome.logits().stream()
                        .map(row -> TokenDistribution.ofLogits(row, model.tokenizerIfAny()))
                        .collect(ImmutableList.toImmutableList()));
    }

    /**
     * Runs the model and keeps what is captured as tensors on its device.
     *
     * @return what was read; the caller closes it
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws ModelClosedException if the model is closed
     * @throws PromptTooLongException if a prompt exceeds the model's context
     * @throws InterventionException if a point has more than one vector a position, or an
     *     intervention has the wrong shape or never applied
     * @throws MemoryException if memory runs out
     */
    public TensorActivations tensors() {
        checkArgument(
                !captures.isEmpty(), "nothing is captured: add .capture(...) before tensors()");
        TensorRun.Outcome outcome =
                advice("a run")
                        .get(
                                () ->
                                        new TensorRun(model.runtime())
                                                .run(batch, captures, interventions, checksFinite));
        return new TensorActivations(batch, outcome.manager(), outcome.tensors());
    }

    /**
     * Computes the gradient of a metric with respect to activations.
     *
     * @param metric a number computed from the last tokens' logits
     * @param points where
     * @return value, gradients and activations
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws ModelException if the model computes in float16
     * @throws MemoryException if memory runs out
     */
    public Gradients gradients(Metric metric, HookPoint... points) {
        checkArgument(points.length > 0, "name at least one point to take the gradient at");
        for (HookPoint point : points) {
            model.runtime().facts().check(point);
        }
        if (checksFinite) {
            check();
        }
        return MemoryAdvice.of(
                        () ->
                                "the gradient at %s of %s"
                                        .formatted(
                                                MemoryWords.count(points.length, "point"),
                                                described("a run")),
                        "give fewer or shorter prompts at once, take points of later blocks (what comes before the first is not recorded)"
                                + MemoryWords.orSmallerType(model.computeType()))
                .inJava("take fewer points, or fewer or shorter prompts at once")
                .get(() -> differentiated(metric, ImmutableSet.copyOf(points)));
    }

    private Gradients differentiated(Metric metric, ImmutableSet<HookPoint> points) {
        Differentiator.Outcome outcome =
                new Differentiator(model.runtime())
                        .gradients(batch, points, interventions, callable(metric));
        return new Gradients(
                outcome.value(),
                activations(outcome.gradients()),
                activations(outcome.activations()));
    }

    private static Function<NDArray, NDArray> callable(Metric metric) {
        return metric instanceof KnownMetric
                ? metric::apply
                : logits -> CallersFailure.in(() -> metric.apply(logits));
    }

    private MemoryAdvice advice(String what) {
        return MemoryAdvice.of(
                        () -> described(what),
                        "run fewer or shorter prompts at once"
                                + MemoryWords.orSmallerType(model.computeType()))
                .inJava(
                        captures.isEmpty()
                                ? "run fewer prompts at once"
                                : "capture fewer points, run fewer or shorter prompts at once, keep captures out of the heap with tensors()");
    }

    private String described(String what) {
        return "%s of %s of %s%s"
                .formatted(
                        what,
                        MemoryWords.prompts(batch),
                        model.name(),
                        MemoryWords.captures(captures.size()));
    }

    /**
     * Computes a vector-Jacobian product between two places of the residual stream.
     *
     * <pre>{@code
     * double[] score = run.vjp(4, Positions.at(3), 12, Positions.last(), direction);
     * }</pre>
     *
     * @param fromLayer layer of the input, 0..L
     * @param from position of the input, exactly one
     * @param toLayer layer of the output, not before the input's
     * @param to position of the output, exactly one
     * @param cotangent u [d_model]
     * @return u J [d_model], where J[a][b] = d output[a] / d input[b]
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws OutOfRangeException if the model has no such layer, or the output's comes first
     * @throws IllegalArgumentException if the vector has another length, positions are not exactly
     *     one, or the run has several prompts
     * @throws ModelException if the model computes in float16
     * @throws InterventionException if an intervention has no gradient or never applied
     * @throws MemoryException if memory runs out
     */
    public double[] vjp(
            int fromLayer, Positions from, int toLayer, Positions to, double[] cotangent) {
        return vjp(fromLayer, from, toLayer, to, new double[][] {cotangent})[0];
    }

    /**
     * Computes several vector-Jacobian products between two places of the residual stream, many at
     * once.
     *
     * @param fromLayer layer of the input, 0..L
     * @param from position of the input, exactly one
     * @param toLayer layer of the output, not before the input's
     * @param to position of the output, exactly one
     * @param cotangents vectors u [vector][d_model]
     * @return u J for each [vector][d_model], where J[a][b] = d output[a] / d input[b]
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws OutOfRangeException if the model has no such layer, or the output's comes first
     * @throws IllegalArgumentException if a vector has another length, positions are not exactly
     *     one, or the run has several prompts
     * @throws ModelException if the model computes in float16
     * @throws InterventionException if an intervention has no gradient or never applied
     * @throws MemoryException if memory runs out
     */
    public double[][] vjp(
            int fromLayer, Positions from, int toLayer, Positions to, double[][] cotangents) {
        ResidualJacobian between = between(fromLayer, from, toLayer, to);
        double[][] given = checked("cotangent", cotangents);
        return products(given.length + " vector-Jacobian products").get(() -> between.vjp(given));
    }

    /**
     * Computes a Jacobian-vector product between two places of the residual stream: how the output
     * moves, to first order, when the input moves along a vector.
     *
     * <pre>{@code
     * double[] effect = run.jvp(4, Positions.at(3), 12, Positions.last(), step);
     * }</pre>
     *
     * @param fromLayer layer of the input, 0..L
     * @param from position of the input, exactly one
     * @param toLayer layer of the output, not before the input's
     * @param to position of the output, exactly one
     * @param tangent v [d_model]
     * @return J v [d_model], where J[a][b] = d output[a] / d input[b]
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws OutOfRangeException if the model has no such layer, or the output's comes first
     * @throws IllegalArgumentException if the vector has another length, positions are not exactly
     *     one, or the run has several prompts
     * @throws ModelException if the model computes in float16
     * @throws InterventionException if an intervention has no gradient or never applied
     * @throws MemoryException if memory runs out
     */
    public double[] jvp(
            int fromLayer, Positions from, int toLayer, Positions to, double[] tangent) {
        return jvp(fromLayer, from, toLayer, to, new double[][] {tangent})[0];
    }

    /**
     * Computes several Jacobian-vector products between two places of the residual stream, many at
     * once.
     *
     * @param fromLayer layer of the input, 0..L
     * @param from position of the input, exactly one
     * @param toLayer layer of the output, not before the input's
     * @param to position of the output, exactly one
     * @param tangents vectors v [vector][d_model]
     * @return J v for each [vector][d_model], where J[a][b] = d output[a] / d input[b]
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws OutOfRangeException if the model has no such layer, or the output's comes first
     * @throws IllegalArgumentException if a vector has another length, positions are not exactly
     *     one, or the run has several prompts
     * @throws ModelException if the model computes in float16
     * @throws InterventionException if an intervention has no gradient or never applied
     * @throws MemoryException if memory runs out
     */
    public double[][] jvp(
            int fromLayer, Positions from, int toLayer, Positions to, double[][] tangents) {
        ResidualJacobian between = between(fromLayer, from, toLayer, to);
        double[][] given = checked("tangent", tangents);
        return products(given.length + " Jacobian-vector products").get(() -> between.jvp(given));
    }

    /**
     * Computes the Jacobian between two places of the residual stream.
     *
     * <p>Tokens before the input's are constants, and so is everything before its layer: only what
     * lies between the two places is differentiated, in copies that give many rows at once. An
     * intervention between them that looks at more than the rows it changes, such as a function of
     * tensors or a mean, makes it the whole prompt, one row at a time.
     *
     * <pre>{@code
     * double[][] j = model.run(prompt).jacobian(4, Positions.at(3), 12, Positions.last());
     * }</pre>
     *
     * @param fromLayer layer of the input, 0..L
     * @param from position of the input, exactly one
     * @param toLayer layer of the output, not before the input's
     * @param to position of the output, exactly one
     * @return J [d_model][d_model], where J[a][b] = d output[a] / d input[b]
     * @throws NonFiniteException if {@link #checkFinite()} was asked for and values are not finite
     * @throws OutOfRangeException if the model has no such layer, or the output's comes first
     * @throws IllegalArgumentException if positions are not exactly one, or the run has several
     *     prompts
     * @throws ModelException if the model computes in float16
     * @throws InterventionException if an intervention has no gradient or never applied
     * @throws MemoryException if memory runs out
     */
    public double[][] jacobian(int fromLayer, Positions from, int toLayer, Positions to) {
        ResidualJacobian between = between(fromLayer, from, toLayer, to);
        return products("a Jacobian").get(between::full);
    }

    private MemoryAdvice products(String what) {
        return MemoryAdvice.of(
                        () -> described(what + " between two places of a run"),
                        "shorten the prompt, choose places closer to each other (what lies between them is recorded)"
                                + MemoryWords.orSmallerType(model.computeType()))
                .inJava("give fewer vectors at once, shorten the prompt");
    }

    private ResidualJacobian between(int fromLayer, Positions from, int toLayer, Positions to) {
        model.runtime().facts().checkLayer(fromLayer);
        model.runtime().facts().checkLayer(toLayer);
        if (fromLayer > toLayer) {
            throw new OutOfRangeException(
                    "layer %d comes after layer %d: derivatives run from an earlier layer to a later one"
                            .formatted(fromLayer, toLayer));
        }
        checkArgument(
                batch.rows() == 1,
                "the batch has %s prompts, and a Jacobian belongs to one",
                batch.rows());
        if (checksFinite) {
            check();
        }
        return new ResidualJacobian(
                model.runtime(),
                batch,
                interventions,
                new ResidualJacobian.Place(fromLayer, one(from)),
                new ResidualJacobian.Place(toLayer, one(to)));
    }

    private double[][] checked(String name, double[][] vectors) {
        for (double[] vector : vectors) {
            checkArgument(
                    vector.length == model.width(),
                    "the %s has %s values, expected %s (d_model)",
                    name,
                    vector.length,
                    model.width());
        }
        return vectors;
    }

    private int one(Positions positions) {
        ImmutableIntArray indices = positions.resolve(batch.prompt(0));
        checkArgument(
                indices.length() == 1,
                "%s is %s positions, expected one",
                positions,
                indices.length());
        return indices.get(0);
    }

    static ImmutableMap<HookPoint, Activation> activations(Map<HookPoint, Captured> captured) {
        ImmutableMap.Builder<HookPoint, Activation> out = ImmutableMap.builder();
        captured.forEach((point, c) -> out.put(point, new Activation(point, c.rows())));
        return out.buildOrThrow();
    }

    /** {@return prompts, captures and interventions, in a line} */
    @Override
    public String toString() {
        return "Run[%s, %s, capture %s, intervene %s%s]"
                .formatted(
                        model.name(),
                        batch.rows() == 1 ? batch.prompt(0) : batch,
                        captures,
                        interventions,
                        checksFinite ? ", check that values are finite" : "");
    }
}
