package dev.patchscopes.model.internal;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The tensor operations the runtime is written in, and the only class that touches DJL's native
 * binding.
 *
 * <p>Three rules of DJL shape it. A result belongs to the manager of its <em>first</em> operand, so
 * activations come first and weights second, or every result would live as long as the model. An
 * operation with a Java number allocates and copies a buffer each time, so scalars are made once
 * and kept. Casts and copies cut the autograd graph, so nothing here uses them between a leaf and a
 * loss.
 *
 * <p>An instance serves one device and one compute type. The {@code ...Into} operations reuse the
 * memory of their first operand unless a graph is being recorded.
 */
final class Tensors {
    private final NDManager manager;
    private final DataType type;
    private final boolean tracked;
    private final ConcurrentMap<Double, NDArray> scalars;
    private final Products products;

    /**
     * @param manager owner of the cached scalars
     * @param type compute type
     */
    Tensors(NDManager manager, DataType type) {
        this(manager, type, false, new ConcurrentHashMap<>(), Products.PLAIN);
    }

    private Tensors(
            NDManager manager,
            DataType type,
            boolean tracked,
            ConcurrentMap<Double, NDArray> scalars,
            Products products) {
        this.manager = manager;
        this.type = type;
        this.tracked = tracked;
        this.scalars = scalars;
        this.products = products;
    }

    /** The same operations for a run whose graph is recorded: nothing happens in place. */
    Tensors tracked() {
        return new Tensors(manager, type, true, scalars, products);
    }

    /** The same operations with another way of multiplying by weights. */
    Tensors with(Products how) {
        return new Tensors(manager, type, tracked, scalars, how);
    }

    /** The way of multiplying by weights. */
    Products products() {
        return products;
    }

    /** Whether a graph is being recorded. */
    boolean isTracked() {
        return tracked;
    }

    /** Compute type. */
    DataType type() {
        return type;
    }

    /** Where the tensors live. */
    Device device() {
        return manager.getDevice();
    }

    /** A cached 0-dim tensor; for the constants of a model, not for numbers that vary by run. */
    NDArray scalar(double value) {
        return scalars.computeIfAbsent(value, v -> number(manager, v));
    }

    /**
     * A 0-dim tensor. Beside float16 it is float32, which keeps its digits and leaves the type of
     * results alone.
     */
    NDArray number(NDManager owner, double value) {
        if (type != DataType.FLOAT64) {
            return owner.full(new Shape(), (float) value, DataType.FLOAT32);
        }
        // NDManager.full takes a float; a double goes through a one-element buffer
        return fromDoubles(owner, new double[] {value}, new Shape());
    }

    // ---- creation -------------------------------------------------------------------------------

    /** A tensor of the compute type holding the values. */
    NDArray fromDoubles(NDManager owner, double[] values, Shape shape) {
        NDArray array = owner.create(shape, DataType.FLOAT64);
        if (isCpu()) {
            HostValues.bytes(array).asDoubleBuffer().put(values);
        } else {
            array.set(values);
        }
        return type == DataType.FLOAT64 ? array : castAndClose(array, type);
    }

    /** A tensor of the compute type holding the values. */
    NDArray fromFloats(NDManager owner, float[] values, Shape shape) {
        NDArray array = owner.create(shape, DataType.FLOAT32);
        if (isCpu()) {
            HostValues.bytes(array).asFloatBuffer().put(values);
        } else {
            array.set(values);
        }
        return type == DataType.FLOAT32 ? array : castAndClose(array, type);
    }

    /** A tensor of token ids or indices. */
    NDArray fromLongs(NDManager owner, long[] values, Shape shape) {
        NDArray array = owner.create(shape, DataType.INT64);
        if (isCpu()) {
            HostValues.bytes(array).asLongBuffer().put(values);
        } else {
            array.set(values);
        }
        return array;
    }

    private boolean isCpu() {
        return !manager.getDevice().isGpu();
    }

    private static NDArray castAndClose(NDArray array, DataType target) {
        try (array) {
            return array.toType(target, false);
        }
    }

    /** The tensor in another type; the same handle where it has that type. Cuts the graph. */
    static NDArray cast(NDArray x, DataType target) {
        return x.getDataType() == target ? x : x.toType(target, false);
    }

    // ---- shapes ---------------------------------------------------------------------------------

    /** Entries {@code from..to-1} of a dimension, as a view. */
    static NDArray slice(NDArray x, int dim, long from, long to) {
        return JniUtils.slice(pt(x), dim, from, to, 1);
    }

    /**
     * A dimension cut into neighbouring parts, as views. Walking back, one operation joins their
     * gradients, where slices would each fill a tensor of the full size.
     */
    static NDArray[] cut(NDArray x, int dim, long... sizes) {
        return JniUtils.split(pt(x), sizes, dim).toArray(new NDArray[0]);
    }

    /** The same values in another shape; a view where the memory allows it. */
    static NDArray reshape(NDArray x, long... shape) {
        return JniUtils.reshape(pt(x), shape);
    }

    /** Two dimensions exchanged, as a view. */
    static NDArray transpose(NDArray x, int a, int b) {
        return JniUtils.transpose(pt(x), a, b);
    }

    /** Dimensions in a new order, as a view. */
    static NDArray permute(NDArray x, long... dims) {
        return JniUtils.permute(pt(x), dims);
    }

    /** Tensors joined along a dimension; the result belongs to the first one's manager. */
    static NDArray concat(int dim, NDArray... parts) {
        PtNDArray[] arrays = new PtNDArray[parts.length];
        for (int i = 0; i < parts.length; i++) {
            arrays[i] = pt(parts[i]);
        }
        return JniUtils.cat(arrays, dim);
    }

    /** Writes values into a box of a tensor, in place. */
    static void write(NDArray target, NDArray values, long[] from, long[] to) {
        long[] step = new long[from.length];
        java.util.Arrays.fill(step, 1);
        JniUtils.indexSet(pt(target), pt(values), from, to, step);
    }

    /** Writes rows of a matrix, in place. */
    static void writeRows(NDArray target, NDArray ids, NDArray rows) {
        JniUtils.indexAdvPut(pt(target), new NDIndex("{}", ids), pt(rows));
    }

    /** A box of a tensor, as a view. */
    static NDArray box(NDArray x, long[] from, long[] to) {
        NDArray view = x;
        for (int dim = 0; dim < from.length; dim++) {
            if (from[dim] != 0 || to[dim] != x.getShape().get(dim)) {
                NDArray next = slice(view, dim, from[dim], to[dim]);
                if (view != x) {
                    view.close();
                }
                view = next;
            }
        }
        return view == x ? slice(x, 0, 0, x.getShape().get(0)) : view;
    }

    // ---- arithmetic -----------------------------------------------------------------------------

    /** x W^T + b, the way that is fastest for the shapes. */
    NDArray product(NDArray x, Weights.Linear weights) {
        return tracked ? linear(x, weights) : products.linear(x, weights);
    }

    /** a + b in a's memory, whether or not a graph is recorded. */
    static void addTo(NDArray a, NDArray b) {
        JniUtils.addi(pt(a), pt(b));
    }

    /** a - b in a's memory, whether or not a graph is recorded. */
    static void subInPlace(NDArray a, NDArray b) {
        JniUtils.subi(pt(a), pt(b));
    }

    /** a * b in a's memory, whether or not a graph is recorded. */
    static void mulInPlace(NDArray a, NDArray b) {
        JniUtils.muli(pt(a), pt(b));
    }

    /** x W^T + b in one native call. */
    static NDArray linear(NDArray x, Weights.Linear weights) {
        PtNDArray bias = weights.bias().isPresent() ? pt(weights.bias().get()) : null;
        return JniUtils.linear(pt(x), pt(weights.weight()), bias);
    }

    /** A copy in the usual layout of a tensor in oneDNN's own. */
    static NDArray unpacked(NDArray packed) {
        return JniUtils.toDense(pt(packed));
    }

    /** Batched matrix product. */
    static NDArray matmul(NDArray a, NDArray b) {
        return JniUtils.matmul(pt(a), pt(b));
    }

    /** a + b. */
    static NDArray add(NDArray a, NDArray b) {
        return JniUtils.add(pt(a), pt(b));
    }

    /** a + b in a's memory. */
    NDArray addInto(NDArray a, NDArray b) {
        if (tracked) {
            return JniUtils.add(pt(a), pt(b));
        }
        JniUtils.addi(pt(a), pt(b));
        return a;
    }

    /** a - b. */
    static NDArray sub(NDArray a, NDArray b) {
        return JniUtils.sub(pt(a), pt(b));
    }

    /** a * b. */
    static NDArray mul(NDArray a, NDArray b) {
        return JniUtils.mul(pt(a), pt(b));
    }

    /** a * s. */
    NDArray mul(NDArray a, double s) {
        return JniUtils.mul(pt(a), pt(scalar(s)));
    }

    /** a * b in a's memory. */
    NDArray mulInto(NDArray a, NDArray b) {
        if (tracked) {
            return JniUtils.mul(pt(a), pt(b));
        }
        JniUtils.muli(pt(a), pt(b));
        return a;
    }

    /** a * s in a's memory. */
    NDArray mulInto(NDArray a, double s) {
        return mulInto(a, scalar(s));
    }

    /** a / b. */
    static NDArray div(NDArray a, NDArray b) {
        return JniUtils.div(pt(a), pt(b));
    }

    /** Softmax over the last dimension, accumulated in float32 at least. */
    NDArray softmax(NDArray x) {
        if (type != DataType.FLOAT16) {
            return JniUtils.softmax(pt(x), -1, type);
        }
        return castAndClose(JniUtils.softmax(pt(x), -1, DataType.FLOAT32), type);
    }

    /**
     * Softmax over the last dimension that gives zeros, not NaN, for a row of nothing but negative
     * infinity, and lets no NaN into gradients either.
     */
    NDArray softmaxOrZero(NDArray x) {
        try (NDArray top = JniUtils.max(pt(x), -1, true);
                NDArray empty = JniUtils.eq(pt(top), pt(scalar(Double.NEGATIVE_INFINITY)));
                NDArray finite = where(empty, scalar(0), x);
                NDArray soft = softmax(finite)) {
            return where(empty, scalar(0), soft);
        }
    }

    /**
     * Entries of {@code yes} where the condition holds, of {@code no} elsewhere, in no's manager.
     */
    static NDArray where(NDArray condition, NDArray yes, NDArray no) {
        NDArray result = JniUtils.where(pt(condition), pt(yes), pt(no));
        result.attach(no.getManager());
        return result;
    }

    /** cap * tanh(x / cap), in x's memory where possible. */
    NDArray softCap(NDArray x, double cap) {
        NDArray scaled = mulInto(x, 1 / cap);
        NDArray squashed = JniUtils.tanh(pt(scaled));
        return mulInto(squashed, cap);
    }

    /** Logarithms of the softmax over the last dimension. */
    NDArray logSoftmax(NDArray x) {
        return JniUtils.logSoftmax(pt(x), -1, type);
    }

    /** Logarithms of the softmax over the last dimension, in the tensor's own type. */
    static NDArray logSoftmaxOf(NDArray x) {
        return JniUtils.logSoftmax(pt(x), -1, x.getDataType());
    }

    /** e to the power of each entry. */
    static NDArray exp(NDArray x) {
        return JniUtils.exp(pt(x));
    }

    /** One entry of each row: [n, m] and ids [n, 1] to [n, 1]. */
    static NDArray gather(NDArray x, NDArray ids) {
        return JniUtils.gather(pt(x), pt(ids), 1);
    }

    /** Rows of a table. */
    static NDArray embedding(NDArray ids, NDArray table) {
        return JniUtils.embedding(pt(ids), pt(table), false);
    }

    /** Activation functions; the argument is left as it was. */
    NDArray activate(NDArray x, ArchitectureSpec.Activation activation) {
        return switch (activation) {
            case RELU -> JniUtils.relu(pt(x));
            case GELU -> JniUtils.gelu(pt(x));
            case SILU -> mulInto(JniUtils.sigmoid(pt(x)), x);
            case QUICK_GELU -> {
                try (NDArray inner = mul(x, 1.702)) {
                    yield mulInto(JniUtils.sigmoid(pt(inner)), x);
                }
            }
            case GELU_TANH -> geluTanh(x, Math.sqrt(2 / Math.PI));
            case GELU_FAST -> geluTanh(x, 0.7978845608);
            case GELU_BLOOM -> geluTanh(x, 0.79788456);
        };
    }

    /**
     * 0.5 x (1 + tanh(k (x + 0.044715 x^3))) = x sigmoid(2k x (1 + 0.044715 x^2)), fewer passes.
     */
    private NDArray geluTanh(NDArray x, double k) {
        double twoK = 2 * k;
        NDArray u = JniUtils.mul(pt(x), pt(x));
        u = mulInto(u, twoK * 0.044715);
        u = addInto(u, scalar(twoK));
        u = mulInto(u, x);
        try (NDArray inner = u) {
            return mulInto(JniUtils.sigmoid(pt(inner)), x);
        }
    }

    /** Layer norm over the last dimension. */
    static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias, double epsilon) {
        return JniUtils.layerNorm(pt(x), weight.getShape(), pt(weight), pt(bias), epsilon);
    }

    /** Mean over the last dimension, kept. */
    static NDArray mean(NDArray x) {
        return JniUtils.mean(pt(x), -1, true);
    }

    /** x squared. */
    static NDArray square(NDArray x) {
        return JniUtils.mul(pt(x), pt(x));
    }

    /** Square root. */
    static NDArray sqrt(NDArray x) {
        return JniUtils.sqrt(pt(x));
    }

    /** Sum over a dimension, kept. */
    static NDArray sum(NDArray x, int dim) {
        return JniUtils.sum(pt(x), new long[] {dim}, true);
    }

    /** A copy with its own memory that keeps the graph. */
    NDArray copy(NDArray x) {
        return tracked ? mul(x, scalar(1)) : x.duplicate();
    }

    /** Edited scores, with negative infinity wherever the scores had it before. */
    NDArray keepMasked(NDArray before, NDArray edited) {
        try (NDArray masked = JniUtils.eq(pt(before), pt(scalar(Double.NEGATIVE_INFINITY)))) {
            return where(masked, before, edited);
        }
    }

    /**
     * The largest entries of the last dimension, in descending order.
     *
     * @param values their values, row-major
     * @param indices where they stand
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    record Largest(double[] values, long[] indices) {}

    /** The k largest entries of the last dimension. */
    static Largest largest(NDArray x, int k) {
        try (NDList both = JniUtils.topK(pt(x), k, -1, true, true)) {
            return new Largest(HostValues.doubles(both.get(0)), both.get(1).toLongArray());
        }
    }

    /** The smallest of all values; NaN where any is. */
    static NDArray smallest(NDArray x) {
        return JniUtils.min(pt(x));
    }

    /** The greatest of all values; NaN where any is. */
    static NDArray greatest(NDArray x) {
        return JniUtils.max(pt(x));
    }

    // ---- autograd -------------------------------------------------------------------------------

    /** Whether operations of this thread record a graph. */
    static boolean isGradMode() {
        return JniUtils.isGradMode();
    }

    /** Switches recording on this thread. */
    static void setGradMode(boolean on) {
        JniUtils.setGradMode(on);
    }

    /**
     * Cosines or sines computed in float32, by the library that checkpoints were trained with; on
     * the CPU whatever the device, so that a model reads the same on all.
     */
    static double[] float32Trigonometry(float[] angles, boolean cosine) {
        try (NDManager owner = newManager(Device.cpu());
                NDArray x = owner.create(angles, new Shape(angles.length));
                NDArray y = cosine ? JniUtils.cos(pt(x)) : JniUtils.sin(pt(x))) {
            return HostValues.doubles(y);
        }
    }

    /** Accumulates into the leaves the product of the cotangent with the Jacobian of y. */
    static void backward(NDArray y, NDArray cotangent, boolean keepGraph) {
        JniUtils.backward(pt(y), pt(cotangent), keepGraph, false);
    }

    /** The memory of a tensor under a handle that asks for its gradient. */
    static NDArray leaf(NDArray x, NDManager owner) {
        NDArray leaf = slice(x, 0, 0, x.getShape().get(0));
        leaf.attach(owner);
        leaf.setRequiresGradient(true);
        return leaf;
    }

    /** Clears a leaf's gradient. */
    static void zeroGradient(NDArray leaf) {
        JniUtils.zeroGrad(pt(leaf));
    }

    private static PtNDArray pt(NDArray x) {
        return (PtNDArray) x;
    }

    /** Usable GPUs. */
    static int gpus() {
        return Engine.getEngine("PyTorch").getGpuCount();
    }

    /** A manager for a model's tensors. */
    static NDManager newManager(Device device) {
        return Engine.getEngine("PyTorch").newBaseManager(device);
    }
}
