package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.Axis;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookContext;
import dev.patchscopes.model.InterventionException;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Phase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Applies an edit to an activation, box by box: a box is a prompt, a run of neighbouring positions
 * and a run of neighbouring heads.
 */
final class EditApplier {
    private final Tensors ops;
    private final Edit edit;
    private final Columns columns;
    private final boolean decoding;
    private final ImmutableList<Axis> axes;
    private final int positionAxis;
    private final int headAxis;

    EditApplier(Tensors ops, Edit edit, Columns columns, boolean decoding) {
        this.ops = ops;
        this.edit = edit;
        this.columns = columns;
        this.decoding = decoding;
        this.axes = edit.point().site().axes();
        this.positionAxis = Math.max(axes.indexOf(Axis.POS), axes.indexOf(Axis.QUERY_POS));
        this.headAxis = Math.max(axes.indexOf(Axis.HEAD), axes.indexOf(Axis.KV_HEAD));
    }

    /**
     * The outcome of an edit.
     *
     * @param value what to go on with
     * @param fired whether anything was selected
     */
    record Outcome(NDArray value, boolean fired) {}

    /** Applies the edit to an activation, which is left as it was. */
    Outcome apply(NDArray value, RunPlan.Step step) {
        if (edit.operation() instanceof Operation.Custom custom) {
            return new Outcome(custom(value, custom), true);
        }
        if (!concernsAny(step)) {
            return new Outcome(value, false);
        }
        NDArray target = ops.copy(value);
        writeInto(target, value, step);
        return new Outcome(target, true);
    }

    private boolean concernsAny(RunPlan.Step step) {
        for (int row = 0; row < columns.rows(); row++) {
            if (step.concerns(row) && tokensHere(row, step.positions().get(row)).length > 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Applies the edit in a tensor's own memory.
     *
     * @param target changed
     * @param before what operations that look beyond the selected positions read
     */
    void writeInto(NDArray target, NDArray before, RunPlan.Step step) {
        for (int row = 0; row < columns.rows(); row++) {
            if (step.concerns(row)) {
                RunPlan.Selection selection = step.positions().get(row);
                applyToRow(target, before, row, tokensHere(row, selection), selection);
            }
        }
    }

    private NDArray custom(NDArray value, Operation.Custom custom) {
        HookContext context =
                new HookContext(
                        edit.point(), decoding ? Phase.DECODE : Phase.PREFILL, columns.from());
        NDArray result = CallersFailure.in(() -> custom.function().apply(value, context));
        if (result == null) {
            throw new InterventionException(
                    "the function given for %s returned null: return the value itself for no change"
                            .formatted(edit.point()));
        }
        if (!result.getShape().equals(value.getShape())
                || result.getDataType() != value.getDataType()
                || !result.getDevice().equals(value.getDevice())) {
            throw new InterventionException(
                    "the function given for %s returned %s %s on %s, expected %s %s on %s %s"
                            .formatted(
                                    edit.point(),
                                    result.getDataType(),
                                    result.getShape(),
                                    result.getDevice(),
                                    value.getDataType(),
                                    value.getShape(),
                                    value.getDevice(),
                                    axes));
        }
        if (result != value) {
            result.attach(value.getManager());
        }
        return result;
    }

    /** Selected token indices of a row that this pass computes, ascending. */
    private int[] tokensHere(int row, RunPlan.Selection selection) {
        int start = columns.start(row);
        int first = Math.max(0, columns.from() - start);
        int last = columns.end(row) - start;
        List<Integer> tokens = new ArrayList<>();
        for (int token = first; token < last; token++) {
            if (selection.contains(token)) {
                tokens.add(token);
            }
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    private void applyToRow(
            NDArray target, NDArray before, int row, int[] tokens, RunPlan.Selection selection) {
        int done = 0;
        while (done < tokens.length) {
            int next = done + 1;
            while (next < tokens.length && tokens[next] == tokens[next - 1] + 1) {
                next++;
            }
            for (int[] heads : headRuns(before)) {
                long[] from = new long[axes.size()];
                long[] to = before.getShape().getShape().clone();
                if (columns.rows() > 1) { // one row stands for all copies of a prompt
                    from[0] = row;
                    to[0] = row + 1L;
                }
                long column = (long) columns.start(row) - columns.from();
                from[positionAxis] = tokens[done] + column;
                to[positionAxis] = tokens[next - 1] + 1 + column;
                if (headAxis >= 0) {
                    from[headAxis] = heads[0];
                    to[headAxis] = heads[1];
                }
                int keys = axes.indexOf(Axis.KEY_POS);
                if (keys >= 0) {
                    from[keys] = columns.start(row);
                    to[keys] = columns.end(row);
                }
                int place =
                        selection.everything()
                                ? tokens[done]
                                : selection.indices().indexOf(tokens[done]);
                int selected = selection.indices().length();
                write(target, before, new Box(from, to, row), place, selected);
            }
            done = next;
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    private record Box(long[] from, long[] to, int row) {
        long length(int axis) {
            return to[axis] - from[axis];
        }
    }

    private List<int[]> headRuns(NDArray value) {
        if (headAxis < 0 || edit.heads().isEmpty()) {
            int all = headAxis < 0 ? 1 : Math.toIntExact(value.getShape().get(headAxis));
            return List.of(new int[] {0, all});
        }
        int[] heads = edit.heads().stream().distinct().sorted().toArray();
        List<int[]> runs = new ArrayList<>();
        for (int head : heads) {
            int[] last = runs.isEmpty() ? new int[] {-1, -1} : runs.get(runs.size() - 1);
            if (last[1] == head) {
                last[1] = head + 1;
            } else {
                runs.add(new int[] {head, head + 1});
            }
        }
        return runs;
    }

    private void write(NDArray target, NDArray before, Box box, int place, int selected) {
        try (NDManager scope = target.getManager().newSubManager()) {
            NDArray old = Tensors.box(target, box.from(), box.to());
            old.attach(scope);
            NDArray changed = change(old, before, box, place, selected, scope);
            // the divisor of a norm is float32 in a float16 model
            NDArray typed = Tensors.cast(changed, target.getDataType());
            Tensors.write(target, typed, box.from(), box.to());
        }
    }

    private NDArray change(
            NDArray old, NDArray before, Box box, int place, int selected, NDManager scope) {
        Operation operation = edit.operation();
        if (operation instanceof Operation.Replace replace) {
            return values(replace.values(), box, place, selected, scope);
        }
        if (operation instanceof Operation.Add add) {
            return Tensors.add(old, values(add.values(), box, place, selected, scope));
        }
        if (operation instanceof Operation.Scale scale) {
            return Tensors.mul(old, ops.number(scope, scale.factor()));
        }
        if (operation instanceof Operation.Interpolate mix) {
            NDArray towards = values(mix.values(), box, place, selected, scope);
            NDArray kept = Tensors.mul(old, ops.number(scope, 1 - mix.weight()));
            return Tensors.add(kept, Tensors.mul(towards, ops.number(scope, mix.weight())));
        }
        if (operation instanceof Operation.Zero) {
            return ops.fromDoubles(scope, new double[] {0}, new Shape(1));
        }
        if (operation instanceof Operation.Mean) {
            return mean(before, box, scope);
        }
        if (operation instanceof Operation.ProjectOut project) {
            NDArray direction = values(unit(project.direction()), box, 0, 1, scope);
            int last = axes.size() - 1;
            NDArray along = Tensors.sum(Tensors.mul(old, direction), last);
            return Tensors.sub(old, Tensors.mul(along, direction));
        }
        return map(old, (Operation.Map) operation, box, scope);
    }

    /** The vector of length 1, whatever the length: its largest entry is brought to 1 first. */
    private static ImmutableDoubleArray unit(ImmutableDoubleArray direction) {
        double largest = direction.stream().map(Math::abs).max().orElseThrow();
        double length = Math.sqrt(direction.stream().map(v -> v / largest).map(v -> v * v).sum());
        return ImmutableDoubleArray.copyOf(direction.stream().map(v -> v / largest / length));
    }

    private NDArray mean(NDArray before, Box box, NDManager scope) {
        long[] from = box.from().clone();
        long[] to = box.to().clone();
        from[positionAxis] = columns.start(box.row());
        to[positionAxis] = columns.end(box.row());
        NDArray all = Tensors.box(before, from, to);
        all.attach(scope);
        double share = 1.0 / (to[positionAxis] - from[positionAxis]);
        return Tensors.mul(Tensors.sum(all, positionAxis), ops.number(scope, share));
    }

    private NDArray map(NDArray old, Operation.Map map, Box box, NDManager scope) {
        if (ops.isTracked()) {
            throw new InterventionException(
                    "%s: a function of Java numbers has no gradient; use Intervention.custom with tensor operations"
                            .formatted(edit));
        }
        int width = Math.toIntExact(box.length(axes.size() - 1));
        double[] all = HostValues.doubles(old);
        for (int at = 0; at < all.length; at += width) {
            double[] part = Arrays.copyOfRange(all, at, at + width);
            double[] result = CallersFailure.in(() -> map.function().apply(part));
            if (result == null || result.length != width) {
                throw new InterventionException(
                        "the function given for %s returned %s, expected %d values (%s)"
                                .formatted(
                                        edit.point(),
                                        result == null ? "null" : result.length + " values",
                                        width,
                                        axes.get(axes.size() - 1)));
            }
            System.arraycopy(result, 0, all, at, width);
        }
        return ops.fromDoubles(scope, all, old.getShape());
    }

    /** Refuses an edit whose values do not fit its site, where that is known beforehand. */
    static void checkValues(ArchitectureSpec spec, Edit edit, int selected) {
        if (edit.point().site().isPairwise()) {
            return; // as many as there are keys
        }
        int width = SiteWidths.ofHead(spec, edit.point().site());
        Operation operation = edit.operation();
        if (operation instanceof Operation.Replace replace) {
            checkCount(edit, replace.values(), width, selected);
        } else if (operation instanceof Operation.Add add) {
            checkCount(edit, add.values(), width, selected);
        } else if (operation instanceof Operation.Interpolate mix) {
            checkCount(edit, mix.values(), width, selected);
        } else if (operation instanceof Operation.ProjectOut project) {
            checkCount(edit, project.direction(), width, 1);
        }
    }

    private static void checkCount(
            Edit edit, ImmutableDoubleArray values, int width, int selected) {
        if (values.length() != width && (long) width * selected != values.length()) {
            ImmutableList<Axis> axes = edit.point().site().axes();
            throw new InterventionException(
                    "%s carries %d values, expected %d (one %s vector)%s"
                            .formatted(
                                    edit,
                                    values.length(),
                                    width,
                                    axes.get(axes.size() - 1),
                                    selected == 1
                                            ? ""
                                            : " or %d (one for each of %d positions)"
                                                    .formatted(width * selected, selected)));
        }
    }

    /** The vectors for a box: one for all of it, or one a position from {@code place} on. */
    private NDArray values(
            ImmutableDoubleArray values, Box box, int place, int selected, NDManager scope) {
        int width = Math.toIntExact(box.length(axes.size() - 1));
        int positions = Math.toIntExact(box.length(positionAxis));
        if (values.length() == width) {
            return ops.fromDoubles(scope, values.toArray(), new Shape(width));
        }
        checkCount(edit, values, width, selected);
        if (place + positions > selected) {
            throw new InterventionException(
                    "%s carries one vector for each of the prompt's %d positions and none for position %d, which was generated: give one vector, or use Phase.PREFILL"
                            .formatted(edit, selected, place));
        }
        double[] own = values.subArray(place * width, (place + positions) * width).toArray();
        long[] shape = new long[axes.size() - positionAxis];
        Arrays.fill(shape, 1);
        shape[0] = positions;
        shape[shape.length - 1] = width;
        return ops.fromDoubles(scope, own, new Shape(shape));
    }
}
