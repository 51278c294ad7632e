package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.Axis;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.internal.ResidualJacobian.Place;
import java.util.Arrays;
import java.util.Optional;

/**
 * The part of a run through which one place of the residual stream acts on another: the tokens from
 * the one to the other, in the blocks between their layers.
 *
 * <p>What the run holds before is constant: the residual at the input's layer, and keys and values
 * of earlier tokens. One ordinary pass gives both. The rest is recorded in copies side by side, so
 * that one walk back through the graph gives as many products as there are copies.
 */
final class SuffixPass {
    /**
     * Rows of a recorded pass. Products of matrices get no faster beyond some hundred rows on a
     * CPU, while the recorded forward pass, which is computed once, grows with the copies; a GPU
     * needs more rows to be kept busy.
     */
    private static final long ROWS = 512;

    private static final long ROWS_ON_GPU = 8192;

    private final ModelRuntime runtime;
    private final RunPlan plan;
    private final Place from;
    private final Place to;
    private final PrefixStore prefix;
    private final Columns prompt;
    private final NDArray start; // the suffix's residual at the input's layer [1, pos, d_model]

    private SuffixPass(
            ModelRuntime runtime,
            RunPlan plan,
            Place from,
            Place to,
            PrefixStore prefix,
            Columns prompt,
            NDArray start) {
        this.runtime = runtime;
        this.plan = plan;
        this.from = from;
        this.to = to;
        this.prefix = prefix;
        this.prompt = prompt;
        this.start = start;
    }

    /**
     * Whether every intervention between the layers needs no more than the rows it changes. A
     * function of tensors gets the whole activation, a mean is taken over the whole prompt, and
     * values written to a row of a pattern are one a token, later tokens included.
     */
    static boolean canCompute(RunPlan plan, Place from, Place to) {
        return plan.steps().stream()
                .noneMatch(
                        step ->
                                step.intervention() instanceof Edit edit
                                        && isBetween(edit.point(), from, to)
                                        && !looksAtRowsAlone(edit));
    }

    private static boolean isBetween(HookPoint point, Place from, Place to) {
        if (point.layer().isPresent()) {
            int layer = point.layer().get();
            return from.layer() < layer && layer <= to.layer();
        }
        return point.site().inBlock()
                && from.layer() <= point.block()
                && point.block() < to.layer();
    }

    private static boolean looksAtRowsAlone(Edit edit) {
        Operation operation = edit.operation();
        if (edit.point().site().axes().contains(Axis.KEY_POS)) {
            return operation instanceof Operation.Scale || operation instanceof Operation.Zero;
        }
        return !(operation instanceof Operation.Custom) && !(operation instanceof Operation.Mean);
    }

    /**
     * Reads the prompt once, as any run does, and keeps what the suffix starts from.
     *
     * @param run owner of what is kept
     */
    static SuffixPass prepare(
            NDManager run, ModelRuntime runtime, RunPlan plan, Place from, Place to) {
        Tensors ops = runtime.ops();
        int first = plan.batch().column(0, from.token());
        int last = Math.max(first, plan.batch().column(0, to.token()));
        PrefixStore prefix = new PrefixStore(run, first, from.layer(), to.layer());
        Columns prompt = ModelRuntime.columns(plan.batch(), true);
        RunTaps taps = new RunTaps(runtime.facts().spec(), ops, plan);
        try (NDManager scope = run.newSubManager()) {
            Pass pass = runtime.pass(scope, ops, taps, prompt, prefix);
            taps.begin(scope, prompt, false);
            NDArray ids = ops.fromLongs(scope, plan.batch().ids(), new Shape(1, prompt.count()));
            NDArray x = runtime.transformer().embed(ids, pass); // [1, pos, d_model]
            x = runtime.transformer().blocks(x, 0, from.layer(), pass);
            NDArray start;
            try (NDArray rows = Tensors.slice(x, 1, first, last + 1L)) {
                start = rows.duplicate();
                start.attach(run);
            }
            runtime.transformer().blocks(x, from.layer(), to.layer(), pass);
            taps.end();
            taps.finish("the prompt was read once");
            return new SuffixPass(runtime, plan, from, to, prefix, prompt, start);
        }
    }

    /**
     * Copies that are worth recording together.
     *
     * @param wanted products wanted
     * @param twice whether the walk back is recorded too
     * @param budget bytes the graph may take
     */
    int copies(int wanted, boolean twice, long budget) {
        long tokens = start.getShape().get(1);
        long rows = runtime.ops().device().isGpu() ? ROWS_ON_GPU : ROWS;
        long bytes = tokens * (to.layer() - from.layer()) * recordedRow() * (twice ? 3 : 1);
        long most = Math.max(1, Math.min(rows / tokens, budget / Math.max(1, bytes)));
        long rounds =
                Math.max(
                        1,
                        (wanted + most - 1)
                                / most); // of one size, so that no copy idles in the last
        return Math.toIntExact(Math.max(1, (wanted + rounds - 1) / rounds));
    }

    /** What one row of a block leaves in a graph, roughly: every operand of a product. */
    private long recordedRow() {
        ArchitectureSpec spec = runtime.facts().spec();
        long mlp = 5L * spec.mlp().width() * (spec.mlp().gated() ? 2 : 1);
        long attention = 5L * spec.queryWidth() + 4L * spec.keyValueWidth();
        long scores = 4L * spec.attention().heads() * (prefix.length() + start.getShape().get(1));
        return runtime.type().bytes() * (8L * spec.width() + attention + mlp + scores);
    }

    /**
     * Computes the suffix in copies, recording how each copy's output depends on its input.
     *
     * @param run owner of the graph
     */
    RecordedMap record(NDManager run, int copies) {
        ArchitectureSpec spec = runtime.facts().spec();
        Tensors ops = runtime.ops().tracked();
        long tokens = start.getShape().get(1);
        NDArray leaf;
        try (NDArray input = Tensors.slice(start, 1, 0, 1)) {
            NDArray[] all = new NDArray[copies];
            Arrays.fill(all, input);
            leaf = Tensors.concat(0, all); // [copy, 1, d_model]
        }
        leaf.setRequiresGradient(true);
        NDArray x = Tensors.slice(leaf, 1, 0, 1); // the blocks release what they are given
        if (tokens > 1) {
            try (NDArray later = Tensors.slice(start, 1, 1, tokens);
                    NDArray rest = later.broadcast(copies, tokens - 1, spec.width())) {
                x = Tensors.concat(1, leaf, rest); // [copy, pos, d_model]
            }
        }
        Columns columns = columns();
        RunTaps taps = new RunTaps(spec, ops, plan);
        taps.begin(run, columns, false);
        SuffixCore core =
                new SuffixCore(
                        spec,
                        PositionTables.of(run, ops, spec, prompt),
                        new AttentionMasks(run, ops, spec, columns),
                        prefix,
                        taps,
                        to.layer() - 1);
        Pass pass = new Pass(run, ops, taps, Optional.empty(), core);
        return new RecordedMap(
                ops, leaf, runtime.transformer().blocks(x, from.layer(), to.layer(), pass));
    }

    /** The suffix as columns of one row: all copies have the same. */
    private Columns columns() {
        int first = prefix.length();
        int end = first + Math.toIntExact(start.getShape().get(1));
        long[] positions = Arrays.copyOfRange(prompt.positionIds(0), first, end);
        return new Columns(
                new int[] {prompt.start(0)}, new int[] {end}, first, new long[][] {positions});
    }
}
