package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.WeightMismatchException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads parameters from a checkpoint into tensors of the compute type, one at a time.
 *
 * <p>A parameter is allocated once, in its final shape, and its parts are read straight into its
 * rows; so loading needs no memory beyond the model and a small buffer. Stored tensors that no
 * parameter reads, missing ones and wrong shapes are errors.
 */
final class WeightLoader implements WeightAssembly.Parameters {
    private static final int CHUNK = 1 << 18; // elements converted at a time

    private final Checkpoint checkpoint;
    private final WeightMap map;
    private final ArchitectureSpec spec;
    private final NDManager manager;
    private final Tensors ops;
    private final StoredNames names;
    private final WeightAssembly assembly;
    private final Set<String> read = new HashSet<>();
    private final float[] buffer = new float[CHUNK];
    private final WeightCount count;
    private long parameters;

    /**
     * @param name the model's, for messages
     * @param progress hears of the bytes read, and can stop the loading
     */
    WeightLoader(
            Checkpoint checkpoint,
            Architecture architecture,
            String name,
            NDManager manager,
            Tensors ops,
            Progress progress) {
        this.checkpoint = checkpoint;
        this.map = architecture.weights();
        this.spec = architecture.spec();
        this.manager = manager;
        this.ops = ops;
        this.names = StoredNames.of(map, checkpoint);
        this.count = WeightCount.of(progress, name, checkpoint, map.ignored());
        this.assembly = new WeightAssembly(architecture, manager, ops, this);
    }

    private String stored(String name) {
        return names.stored(name);
    }

    /** Reads the parameters outside the blocks. */
    Weights.Ends ends() {
        return assembly.ends();
    }

    /** Reads the parameters of a block. */
    Weights.Block block(int index) {
        return assembly.block(index);
    }

    @Override
    public NDArray table(WeightMap.Parts parts, int columns) {
        StoredTensor stored = tensor(parts.parts().get(0));
        checkDimensions(stored, 2);
        checkRows(stored, parts);
        int rows = Math.toIntExact(stored.shape().get(0));
        return fill(parts, rows, columns, new Shape(rows, columns));
    }

    private void checkRows(StoredTensor stored, WeightMap.Parts parts) {
        long rows = stored.shape().get(0);
        if (parts.equals(map.embedding())) {
            if (rows != spec.vocabulary()) {
                throw new WeightMismatchException(
                        "%s has %d rows, expected %d, the vocab_size of config.json"
                                .formatted(stored.name(), rows, spec.vocabulary()));
            }
            return;
        }
        int offset =
                spec.positions() instanceof ArchitectureSpec.PositionSpec.Learned learned
                        ? learned.offset()
                        : 0;
        if (rows < spec.contextLength() + offset) {
            throw new WeightMismatchException(
                    "%s has %d rows, expected %d, for a context of %d: is config.json the one that belongs to these weights?"
                            .formatted(
                                    stored.name(),
                                    rows,
                                    spec.contextLength() + offset,
                                    spec.contextLength()));
        }
    }

    /** Parameters read so far, a tied table once; not the zeros that stand in for absent biases. */
    long parameters() {
        return parameters;
    }

    /** Refuses a checkpoint that holds tensors nothing has read. */
    void checkNothingLeft() {
        List<String> left = new ArrayList<>();
        for (String name : checkpoint.tensorNames()) {
            if (!read.contains(name) && !map.ignored().test(name)) {
                left.add(name);
            }
        }
        if (!left.isEmpty()) {
            throw new WeightMismatchException(
                    "%s holds %d tensors that model_type \"%s\" does not use, such as %s: is config.json the one that belongs to these weights?"
                            .formatted(
                                    checkpoint.directory(),
                                    left.size(),
                                    spec.modelType(),
                                    left.subList(0, Math.min(3, left.size()))));
        }
    }

    @Override
    public long elements(WeightMap.Parts parts) {
        long sum = 0;
        for (WeightMap.Part part : parts.parts()) {
            sum += tensor(part).elements();
        }
        return sum;
    }

    private StoredTensor tensor(WeightMap.Part part) {
        String name = stored(part.tensor());
        read.add(name);
        return checkpoint.tensor(name);
    }

    @Override
    public NDArray vector(WeightMap.Parts parts, Shape shape) {
        return fill(parts, Math.toIntExact(shape.size()), 1, shape);
    }

    @Override
    public NDArray matrix(WeightMap.Parts parts, int rows, int columns) {
        WeightMap.Part first = parts.parts().get(0);
        return first.transposed()
                ? transposed(first, rows, columns)
                : fill(parts, rows, columns, new Shape(rows, columns));
    }

    /** Stored [in, out]: read as it is and seen from the other side, which the product allows. */
    private NDArray transposed(WeightMap.Part part, int rows, int columns) {
        StoredTensor stored = tensor(part);
        checkDimensions(stored, 2);
        if (stored.shape().get(0) != columns || stored.shape().get(1) != rows) {
            throw wrongShape(stored, "[%d, %d]".formatted(columns, rows), part.tensor());
        }
        NDArray raw =
                fill(
                        new WeightMap.Parts(ImmutableList.of(WeightMap.Part.of(part.tensor()))),
                        columns,
                        rows,
                        new Shape(columns, rows));
        NDArray view = Tensors.transpose(raw, 0, 1);
        raw.close();
        return view;
    }

    private static void checkDimensions(StoredTensor stored, int dimensions) {
        if (stored.shape().length() != dimensions) {
            throw new WeightMismatchException(
                    "%s has shape %s, expected %d dimensions"
                            .formatted(stored.name(), stored.shape(), dimensions));
        }
    }

    private static WeightMismatchException wrongShape(
            StoredTensor stored, String expected, String what) {
        return new WeightMismatchException(
                "%s has shape %s, expected %s (%s): is config.json the one that belongs to these weights?"
                        .formatted(stored.name(), stored.shape(), expected, what));
    }

    private NDArray fill(WeightMap.Parts parts, int rows, int rowWidth, Shape shape) {
        NDArray target = manager.create(shape, onCpu() ? ops.type() : DataType.FLOAT32);
        try {
            long row = 0;
            for (WeightMap.Part part : parts.parts()) {
                StoredTensor stored = tensor(part);
                long available = stored.elements() / rowWidth;
                boolean fits =
                        rowWidth == 1
                                ? stored.shape().length() == 1
                                : stored.shape().length() == 2 && stored.shape().get(1) == rowWidth;
                long wanted = part.rows().isEmpty() ? available : part.rows().length();
                if (!fits || row + wanted > rows) {
                    throw wrongShape(
                            stored,
                            rowWidth == 1
                                    ? "[%d]".formatted(rows)
                                    : "[%d, %d]".formatted(rows, rowWidth),
                            part.tensor());
                }
                copy(stored, part.rows(), target, row, rowWidth);
                row += wanted;
            }
            if (row != rows) {
                throw wrongShape(
                        tensor(parts.parts().get(0)),
                        rowWidth == 1
                                ? "[%d]".formatted(rows)
                                : "[%d, %d]".formatted(rows, rowWidth),
                        parts.parts().get(0).tensor());
            }
            parameters += target.size();
            return onCpu() ? target : uploaded(target);
        } catch (RuntimeException | Error e) {
            target.close();
            throw e;
        }
    }

    private boolean onCpu() {
        return !manager.getDevice().isGpu();
    }

    private NDArray uploaded(NDArray target) {
        if (target.getDataType() == ops.type()) {
            return target;
        }
        try (target) {
            return target.toType(ops.type(), false);
        }
    }

    /** Copies rows into the target from {@code row} on, in runs of neighbouring rows. */
    private void copy(
            StoredTensor stored, ImmutableIntArray rows, NDArray target, long row, int rowWidth) {
        if (rows.isEmpty()) {
            write(stored, 0, target, row * rowWidth, stored.elements());
            return;
        }
        int done = 0;
        while (done < rows.length()) {
            int next = done + 1;
            while (next < rows.length() && rows.get(next) == rows.get(next - 1) + 1) {
                next++;
            }
            long first = (long) rows.get(done) * rowWidth;
            long count = (long) (next - done) * rowWidth;
            if (first + count > stored.elements()) {
                throw wrongShape(stored, "at least %d rows".formatted(rows.get(next - 1) + 1), "");
            }
            write(stored, first, target, (row + done) * rowWidth, count);
            done = next;
        }
    }

    private void write(StoredTensor stored, long from, NDArray target, long at, long count) {
        NDArray flat = Tensors.reshape(target, -1);
        try (flat) {
            long done = 0;
            while (done < count) {
                this.count.check();
                int step = (int) Math.min(CHUNK, count - done);
                try (NDArray window = Tensors.slice(flat, 0, at + done, at + done + step)) {
                    writeWindow(stored, from + done, window, step);
                }
                done += step;
                this.count.read((long) step * stored.type().bytes());
            }
        }
    }

    private void writeWindow(StoredTensor stored, long from, NDArray window, int count) {
        if (!onCpu()) {
            float[] values = new float[count];
            stored.read(from, values, 0, count);
            try (NDArray host = manager.create(values)) {
                Tensors.write(window, host, new long[] {0}, new long[] {count});
            }
            return;
        }
        // straight into the tensor's memory: freed temporaries would stay with the process
        ByteBuffer memory = HostValues.bytes(window);
        switch (ops.type()) {
            case FLOAT32 -> {
                if (!stored.readRaw(StoredType.F32, from, memory)) {
                    memory.asFloatBuffer().put(floats(stored, from, count), 0, count);
                }
            }
            case FLOAT64 -> {
                double[] values = new double[count];
                stored.read(from, values, 0, count);
                memory.asDoubleBuffer().put(values);
            }
            default -> {
                if (!stored.readRaw(StoredType.F16, from, memory)) {
                    Float16.put(floats(stored, from, count), count, memory.asShortBuffer());
                }
            }
        }
    }

    private float[] floats(StoredTensor stored, long from, int count) {
        stored.read(from, buffer, 0, count);
        return buffer;
    }
}
