package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Axis;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.NonFinite;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Looks on the Java side for the values of an activation that are not finite, those of tokens only.
 * Slow, and done only once a reduction has shown that there are some.
 */
final class FiniteScan {
    private final HookPoint point;
    private final ImmutableList<Axis> axes;
    private final int positionAxis;
    private final int keyAxis;
    private final boolean hidesNegativeInfinity;
    private final Columns columns;
    private final int window;
    private final TreeSet<Integer> positions = new TreeSet<>();
    private Optional<ImmutableIntArray> first = Optional.empty();
    private int prompt;
    private double value;
    private long count;
    private double largest;

    /**
     * @param masked whether negative infinity is by design: of attention scores with a mask on them
     * @param window how many columns back a query sees; 0 is all
     */
    FiniteScan(HookPoint point, Columns columns, boolean masked, int window) {
        this.point = point;
        this.axes = point.site().axes();
        this.positionAxis = Math.max(axes.indexOf(Axis.POS), axes.indexOf(Axis.QUERY_POS));
        this.keyAxis = axes.indexOf(Axis.KEY_POS);
        this.hidesNegativeInfinity = masked;
        this.columns = columns;
        this.window = window;
    }

    /** Looks at a value [batch, ...] of all of the pass's columns, or of each last token. */
    FiniteScan over(NDArray array) {
        boolean lastOnly = array.getShape().get(positionAxis) != columns.count();
        for (int row = 0; row < columns.rows(); row++) {
            long[] from = new long[axes.size()];
            long[] to = array.getShape().getShape().clone();
            from[0] = row;
            to[0] = row + 1L;
            int end = columns.end(row);
            int start = lastOnly ? end - 1 : Math.max(columns.start(row), columns.from());
            if (end <= start) {
                continue;
            }
            if (!lastOnly) {
                from[positionAxis] = (long) start - columns.from();
                to[positionAxis] = (long) end - columns.from();
            }
            if (keyAxis >= 0) {
                from[keyAxis] = columns.start(row);
                to[keyAxis] = end;
            }
            try (NDArray box = Tensors.box(array, from, to)) {
                look(row, start - columns.start(row), box);
            }
        }
        return this;
    }

    private void look(int row, int firstPosition, NDArray box) {
        HostArray values = HostArray.of(box);
        int[] lengths = new int[axes.size() - 1];
        for (int axis = 0; axis < lengths.length; axis++) {
            lengths[axis] = Math.toIntExact(box.getShape().get(axis + 1));
        }
        for (int i = 0; i < values.size(); i++) {
            double each = values.get(i);
            if (Double.isFinite(each)) {
                largest = Math.max(largest, Math.abs(each));
                continue;
            }
            int[] at = new int[lengths.length];
            int rest = i;
            for (int axis = at.length - 1; axis >= 0; axis--) {
                at[axis] = rest % lengths[axis];
                rest /= lengths[axis];
            }
            at[positionAxis - 1] += firstPosition;
            if (each < 0 && isHidden(row, at)) {
                continue;
            }
            count++;
            if (first.isEmpty()) {
                first = Optional.of(ImmutableIntArray.copyOf(at));
                prompt = row;
                value = each;
            }
            if (row == prompt) {
                positions.add(at[positionAxis - 1]);
            }
        }
    }

    /** Whether negative infinity says no more than that a query does not see a key. */
    private boolean isHidden(int row, int[] at) {
        if (hidesNegativeInfinity) {
            return true;
        }
        int start = columns.start(row);
        return keyAxis >= 0
                && !columns.sees(
                        row, start + at[positionAxis - 1], start + at[keyAxis - 1], window);
    }

    /** The largest magnitude among what is finite. */
    double largest() {
        return largest;
    }

    /** What was found, without what it was computed from. */
    Optional<NonFinite> found() {
        return first.map(
                coordinates ->
                        new NonFinite(
                                point,
                                prompt,
                                ImmutableIntArray.copyOf(positions),
                                coordinates,
                                value,
                                count,
                                Optional.empty(),
                                Optional.empty()));
    }
}
