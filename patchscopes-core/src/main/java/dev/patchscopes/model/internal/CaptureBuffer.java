package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Axis;
import dev.patchscopes.model.Site;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Collects what one point showed, pass after pass, prompt by prompt. */
final class CaptureBuffer {
    private final ImmutableList<Axis> axes;
    private final double absent; // what a pair of a query and a later key shows
    private final List<List<Piece>> rows = new ArrayList<>();

    /** What one pass showed of one prompt; shape without the batch. */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    private record Piece(int[] shape, HostArray values) {}

    CaptureBuffer(Site site, int prompts) {
        absent = site == Site.ATTN_SCORES ? Double.NEGATIVE_INFINITY : 0;
        axes = site.axes().subList(1, site.axes().size());
        for (int row = 0; row < prompts; row++) {
            rows.add(new ArrayList<>());
        }
    }

    /** Copies the tokens' part of an activation [batch, ...]. */
    void add(NDArray value, Columns columns) {
        int queries = Math.max(axes.indexOf(Axis.POS), axes.indexOf(Axis.QUERY_POS)) + 1;
        int keys = axes.indexOf(Axis.KEY_POS) + 1;
        for (int row = 0; row < columns.rows(); row++) {
            long[] from = new long[axes.size() + 1];
            long[] to = value.getShape().getShape().clone();
            from[0] = row;
            to[0] = row + 1L;
            int end = columns.end(row);
            from[queries] = Math.max(0, columns.start(row) - columns.from());
            to[queries] = (long) end - columns.from();
            if (to[queries] <= from[queries]) {
                continue;
            }
            if (keys > 0) {
                from[keys] = columns.start(row);
                to[keys] = end;
            }
            int[] shape = new int[axes.size()];
            for (int axis = 0; axis < shape.length; axis++) {
                shape[axis] = Math.toIntExact(to[axis + 1] - from[axis + 1]);
            }
            try (NDArray box = Tensors.box(value, from, to)) {
                rows.get(row).add(new Piece(shape, HostArray.of(box)));
            }
        }
    }

    /** All passes joined along positions; pairs with keys that came later are as if masked. */
    Captured finish() {
        ImmutableList.Builder<Captured.Row> out = ImmutableList.builder();
        for (List<Piece> pieces : rows) {
            out.add(pieces.size() == 1 ? only(pieces.get(0)) : joined(pieces));
        }
        return new Captured(out.build());
    }

    private static Captured.Row only(Piece piece) {
        return new Captured.Row(ImmutableIntArray.copyOf(piece.shape()), piece.values());
    }

    private Captured.Row joined(List<Piece> pieces) {
        int position = Math.max(axes.indexOf(Axis.POS), axes.indexOf(Axis.QUERY_POS));
        int[] shape = pieces.get(0).shape().clone();
        shape[position] = 0;
        for (Piece piece : pieces) {
            shape[position] += piece.shape()[position];
            for (int axis = 0; axis < shape.length; axis++) {
                if (axis != position) {
                    shape[axis] = Math.max(shape[axis], piece.shape()[axis]);
                }
            }
        }
        int total = 1;
        for (int length : shape) {
            total *= length;
        }
        double[] values = new double[total];
        Arrays.fill(values, absent);
        int done = 0;
        for (Piece piece : pieces) {
            place(piece, values, shape, position, done);
            done += piece.shape()[position];
        }
        HostArray joined =
                pieces.get(0).values() instanceof HostArray.Doubles
                        ? new HostArray.Doubles(values)
                        : floats(values);
        return new Captured.Row(ImmutableIntArray.copyOf(shape), joined);
    }

    private static HostArray floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return new HostArray.Floats(out);
    }

    private static void place(Piece piece, double[] out, int[] shape, int position, int shift) {
        int[] index = new int[shape.length];
        for (int i = 0; i < piece.values().size(); i++) {
            int rest = i;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                index[axis] = rest % piece.shape()[axis];
                rest /= piece.shape()[axis];
            }
            index[position] += shift;
            int at = 0;
            for (int axis = 0; axis < shape.length; axis++) {
                at = at * shape[axis] + index[axis];
            }
            out[at] = piece.values().get(i);
        }
    }
}
