package dev.patchscopes.checkpoint;

import com.google.common.primitives.ImmutableLongArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A tensor whose elements lie in the file with a stride per axis: transposed, sliced, or expanded.
 *
 * <p>A range is cut into boxes; each box is walked in the order of the file, through a window that
 * reads ahead where the elements lie close, so that a transposed matrix costs one pass over its
 * bytes per chunk and not one read per element.
 */
final class StridedTensor extends FileTensor {

    /** Elements gathered at a time: many rows of a transposed matrix share one pass of the file. */
    private static final int CHUNK_ELEMENTS = 1 << 20;

    private final long position;
    private final ImmutableLongArray strides;

    /**
     * The caller has checked that strides are not negative and that every element they reach lies
     * within the file.
     *
     * @param position byte position of the element whose indices are all zero
     * @param strides per axis, in elements
     */
    StridedTensor(
            DataFile file,
            String name,
            StoredType type,
            ImmutableLongArray shape,
            long elements,
            long position,
            ImmutableLongArray strides) {
        super(file, name, type, shape, elements);
        this.position = position;
        this.strides = strides;
    }

    @Override
    boolean isContiguous() {
        return false;
    }

    @Override
    int chunkElements() {
        return CHUNK_ELEMENTS;
    }

    @Override
    void fill(long firstElement, ByteBuffer destination) {
        int count = destination.remaining() / type().bytes();
        ByteBuffer out = destination.slice().order(ByteOrder.LITTLE_ENDIAN);
        FileWindow window = new FileWindow(dataFile(), type().bytes());
        int done = 0;
        while (done < count) {
            done += fillBox(firstElement + done, count - done, out, done, window);
        }
        destination.position(destination.limit());
    }

    /**
     * Copies the largest box that starts at {@code first} and has at most {@code limit} elements:
     * some indices of one axis, all of every later axis. Returns how many elements that was.
     */
    private int fillBox(long first, int limit, ByteBuffer out, int outIndex, FileWindow window) {
        long start = position;
        long rest = first;
        long inner = 1;
        int taken = 0;
        List<Axis> axes = new ArrayList<>();
        for (int d = shape().length() - 1; d >= 0; d--) {
            long length = shape().get(d);
            long index = rest % length;
            rest /= length;
            start += index * strides.get(d) * type().bytes();
            if (taken == 0) {
                long wanted = Math.min(length - index, limit / inner);
                if (wanted > 1) {
                    axes.add(new Axis((int) wanted, strides.get(d), (int) inner));
                }
                if (wanted == length && inner * length < limit) {
                    inner *= length;
                } else {
                    taken = (int) (inner * wanted);
                }
            }
        }
        // Walk along the file: the axis of the smallest stride is the innermost loop.
        axes.sort(Comparator.comparingLong(Axis::stride).reversed());
        copy(axes, 0, start, out, outIndex, window);
        return taken == 0 ? (int) inner : taken;
    }

    private void copy(
            List<Axis> axes, int depth, long from, ByteBuffer out, int to, FileWindow window) {
        if (axes.isEmpty()) {
            window.copy(from, 1, 0, out, to, 0);
            return;
        }
        Axis axis = axes.get(depth);
        if (depth == axes.size() - 1) {
            window.copy(from, axis.count, axis.stride, out, to, axis.outStride);
            return;
        }
        for (int i = 0; i < axis.count; i++) {
            long next = from + i * axis.stride * type().bytes();
            copy(axes, depth + 1, next, out, to + i * axis.outStride, window);
        }
    }

    /** One loop of a box; strides count elements. */
    private record Axis(int count, long stride, int outStride) {}
}
