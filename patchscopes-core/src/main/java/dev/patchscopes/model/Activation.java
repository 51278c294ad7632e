package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.Captured;
import dev.patchscopes.model.internal.HostArray;

/**
 * What was read at one point, copied out of native memory: for each prompt an array with the axes
 * of the {@link Site} but the batch, cut to the prompt's own tokens (padding is gone).
 *
 * <p>Immutable; needs no closing.
 */
public final class Activation {
    private final HookPoint point;
    private final ImmutableList<Captured.Row> rows;

    Activation(HookPoint point, ImmutableList<Captured.Row> rows) {
        this.point = point;
        this.rows = rows;
    }

    /** {@return where it was read} */
    public HookPoint point() {
        return point;
    }

    /** {@return meaning of the axes of one prompt's array, outermost first} */
    public ImmutableList<Axis> axes() {
        return point.site().axes().subList(1, point.site().axes().size());
    }

    /** {@return number of prompts} */
    public int rows() {
        return rows.size();
    }

    /**
     * Returns the shape of a prompt's array.
     *
     * @param row prompt of the batch
     * @return lengths of {@link #axes()}
     */
    public ImmutableIntArray shape(int row) {
        return row(row).shape();
    }

    /**
     * Copies a prompt's values.
     *
     * @param row prompt of the batch
     * @return row-major, with the lengths of {@link #shape(int)}
     */
    public float[] values(int row) {
        HostArray values = row(row).values();
        return values.floats(0, values.size());
    }

    /**
     * Copies a prompt's values without rounding those of a float64 model.
     *
     * @param row prompt of the batch
     * @return row-major, with the lengths of {@link #shape(int)}
     */
    public double[] doubles(int row) {
        HostArray values = row(row).values();
        return values.doubles(0, values.size());
    }

    /**
     * Reads one value.
     *
     * @param row prompt of the batch
     * @param index an index for each of {@link #axes()}
     * @return the value
     */
    public double get(int row, int... index) {
        Captured.Row r = row(row);
        checkArgument(
                index.length == r.shape().length(),
                "%s indices given for %s of %s",
                index.length,
                axes(),
                point);
        return r.values().get(offset(r, index));
    }

    /**
     * Copies the vector along the last axis.
     *
     * @param row prompt of the batch
     * @param index an index for each of {@link #axes()} but the last
     * @return the vector
     */
    public float[] vector(int row, int... index) {
        Captured.Row r = row(row);
        int width = width(r);
        return r.values().floats(vectorStart(r, index), width);
    }

    /**
     * Copies the vector along the last axis without rounding that of a float64 model.
     *
     * @param row prompt of the batch
     * @param index an index for each of {@link #axes()} but the last
     * @return the vector
     */
    public double[] vectorDoubles(int row, int... index) {
        Captured.Row r = row(row);
        int width = width(r);
        return r.values().doubles(vectorStart(r, index), width);
    }

    private int vectorStart(Captured.Row r, int... index) {
        checkArgument(
                index.length == r.shape().length() - 1,
                "%s indices given for all but the last of %s of %s",
                index.length,
                axes(),
                point);
        int[] full = java.util.Arrays.copyOf(index, index.length + 1);
        return offset(r, full);
    }

    private static int width(Captured.Row r) {
        return r.shape().get(r.shape().length() - 1);
    }

    private int offset(Captured.Row r, int... index) {
        int offset = 0;
        for (int axis = 0; axis < index.length; axis++) {
            int length = r.shape().get(axis);
            if (index[axis] < 0 || index[axis] >= length) {
                throw new OutOfRangeException(
                        "%s %d is not in 0..%d of %s"
                                .formatted(axes().get(axis), index[axis], length - 1, point));
            }
            offset = offset * length + index[axis];
        }
        return offset;
    }

    private Captured.Row row(int row) {
        if (row < 0 || row >= rows.size()) {
            throw new OutOfRangeException(
                    "row %d is not in 0..%d, the prompts of the batch"
                            .formatted(row, rows.size() - 1));
        }
        return rows.get(row);
    }

    /** {@return point and shape, such as {@code blocks.5.hook_resid_post [pos=7, d_model=768]}} */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder(point.name());
        for (Captured.Row r : rows) {
            out.append(" [");
            for (int axis = 0; axis < r.shape().length(); axis++) {
                out.append(axis == 0 ? "" : ", ")
                        .append(axes().get(axis))
                        .append('=')
                        .append(r.shape().get(axis));
            }
            out.append(']');
        }
        return out.toString();
    }
}
