package dev.patchscopes.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A small piece of a file, moved along it as elements are asked for; used by one thread. */
final class FileWindow {

    private static final int LONGEST = 1 << 17;

    /** Elements further apart than this are read one by one: most of a window would be wasted. */
    private static final int FAR_APART = 1 << 12;

    private final DataFile file;
    private final int elementBytes;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private long start;
    private long lastPosition = Long.MIN_VALUE;

    FileWindow(DataFile file, int elementBytes) {
        this.file = file;
        this.elementBytes = elementBytes;
    }

    /**
     * Copies {@code count} elements, {@code stride} elements apart in the file, to the indices
     * {@code to}, {@code to + outStride}, ... of {@code out}.
     */
    void copy(long from, int count, long stride, ByteBuffer out, int to, int outStride) {
        long strideBytes = stride * elementBytes;
        for (int i = 0; i < count; i++) {
            long position = from + i * strideBytes;
            if (position < start || position + elementBytes > start + buffer.limit()) {
                long remaining = (count - 1 - i) * strideBytes + elementBytes;
                load(position, strideBytes <= FAR_APART ? remaining : elementBytes);
            }
            int at = (int) (position - start);
            int target = (to + i * outStride) * elementBytes;
            switch (elementBytes) {
                case 1 -> out.put(target, buffer.get(at));
                case 2 -> out.putShort(target, buffer.getShort(at));
                case 4 -> out.putInt(target, buffer.getInt(at));
                default -> out.putLong(target, buffer.getLong(at));
            }
        }
    }

    /** Moves to {@code position}: at least {@code wanted} bytes if they fit, more if walking on. */
    private void load(long position, long wanted) {
        boolean near = position >= lastPosition && position - lastPosition <= FAR_APART;
        long length = near ? LONGEST : Math.min(LONGEST, wanted);
        length = Math.min(length, file.size() - position);
        length = Math.max(length, elementBytes);
        if (buffer.capacity() < length) {
            int capacity = (int) (near ? LONGEST : Math.max(length, FAR_APART));
            buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
        }
        buffer.clear().limit((int) length);
        start = position;
        file.read(position, buffer);
        buffer.flip();
        lastPosition = position + length;
    }
}
