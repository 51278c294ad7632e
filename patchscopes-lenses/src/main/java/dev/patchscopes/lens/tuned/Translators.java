package dev.patchscopes.lens.tuned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What a tuned lens adds to the states of layers 0..L-1: W_k h + b_k, as tensors on the model's
 * device in float32, or in float64 for a model that computes in it.
 */
final class Translators implements AutoCloseable {
    private final NDManager manager;
    private final DataType type;
    private final int width;
    private final List<NDArray> weights = new ArrayList<>(); // [d_model, d_model], (out, in)
    private final List<NDArray> biases = new ArrayList<>(); // [d_model]

    private Translators(HookedModel model) {
        type = typeOf(model);
        width = model.width();
        manager = NDManager.newBaseManager(model.device(), "PyTorch");
    }

    /**
     * One translator's numbers.
     *
     * @param weight W [out, in], row-major
     * @param bias b [out]
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    record Numbers(double[] weight, double[] bias) {
        static Numbers zero(int width) {
            return new Numbers(new double[Math.multiplyExact(width, width)], new double[width]);
        }

        static Numbers of(AffineMap map) {
            return new Numbers(map.difference().values(), map.bias());
        }
    }

    /** The numbers that a model's translators are of. */
    static DataType typeOf(HookedModel model) {
        return model.computeType() == ComputeType.FLOAT64 ? DataType.FLOAT64 : DataType.FLOAT32;
    }

    static Translators of(HookedModel model, IntFunction<Numbers> layer) {
        return of(model, model.layers(), layer);
    }

    /** So many, each asked for when the one before has become a tensor. */
    static Translators of(HookedModel model, int count, IntFunction<Numbers> layer) {
        Translators out = new Translators(model);
        try {
            for (int k = 0; k < count; k++) {
                out.add(layer.apply(k));
            }
            return out;
        } catch (RuntimeException | Error e) {
            out.close();
            throw e;
        }
    }

    static Translators zero(HookedModel model) {
        return of(model, k -> Numbers.zero(model.width()));
    }

    Translators copy(HookedModel model) {
        return of(model, this::numbers);
    }

    private void add(Numbers numbers) {
        weights.add(tensor(numbers.weight(), new Shape(width, width)));
        biases.add(tensor(numbers.bias(), new Shape(width)));
    }

    private NDArray tensor(double[] values, Shape shape) {
        if (type == DataType.FLOAT64) {
            return manager.create(values, shape);
        }
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return manager.create(narrow, shape);
    }

    int layers() {
        return weights.size();
    }

    int width() {
        return width;
    }

    NDManager manager() {
        return manager;
    }

    DataType type() {
        return type;
    }

    NDArray weight(int layer) {
        return weights.get(layer);
    }

    NDArray bias(int layer) {
        return biases.get(layer);
    }

    Numbers numbers(int layer) {
        return new Numbers(doubles(weights.get(layer)), doubles(biases.get(layer)));
    }

    AffineMap map(int layer) {
        Numbers numbers = numbers(layer);
        return AffineMap.residual(Matrix.of(width, width, numbers.weight()), numbers.bias());
    }

    static double[] doubles(NDArray tensor) {
        if (tensor.getDataType() == DataType.FLOAT64) {
            return tensor.toDoubleArray();
        }
        float[] narrow = tensor.toFloatArray();
        double[] out = new double[narrow.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = narrow[i];
        }
        return out;
    }

    /** The states in the translators' type; themselves where they have it. */
    NDArray typed(NDArray states) {
        return states.getDataType() == type ? states : states.toType(type, false);
    }

    /** h + W_k h + b_k [row, d_model] of states {@link #typed} [row, d_model], in their manager. */
    NDArray apply(int layer, NDArray h) {
        // a view held for longer would go on seeing the old values once the weight is set
        try (NDArray transposed = weights.get(layer).transpose()) {
            NDArray y = h.matMul(transposed); // [row, d_model]
            y.addi(biases.get(layer));
            y.addi(h);
            return y;
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
