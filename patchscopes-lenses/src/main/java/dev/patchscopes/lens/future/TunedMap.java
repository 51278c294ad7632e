package dev.patchscopes.lens.future;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.lens.internal.Nesterov;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Divergence;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Teacher;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * An affine map that is moved towards the model's own predictions, in float64 and beside the
 * device. Holds native memory: close it.
 */
final class TunedMap implements AutoCloseable {
    private static final Nesterov.Rule RULE =
            new Nesterov.Rule(0.9, 1e-3, OptionalDouble.of(1)); // momentum, decay, norm
    private static final int PATIENCE = 3;
    private static final double SLOWER = 0.1;

    private final HookedModel model;
    private final NDManager manager;
    private final NDArray values; // [out * in + out]: matrix, then bias
    private final Nesterov steps;
    private AffineMap best;
    private double bestLoss = Double.POSITIVE_INFINITY;
    private double rate;
    private int waited;

    TunedMap(HookedModel model, AffineMap start, double rate) {
        this.model = model;
        this.best = start;
        this.rate = rate;
        int width = model.width();
        double[] flat = Arrays.copyOf(start.matrix().values(), width * width + width);
        System.arraycopy(start.bias(), 0, flat, width * width, width);
        this.manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        try {
            this.values = manager.create(flat);
            this.steps = new Nesterov(manager, List.of(values), RULE);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    AffineMap current() {
        int width = model.width();
        double[] flat = values.toDoubleArray();
        return AffineMap.of(
                Matrix.of(width, width, Arrays.copyOf(flat, width * width)),
                Arrays.copyOfRange(flat, width * width, flat.length));
    }

    /** The map that did best so far. */
    AffineMap best() {
        return best;
    }

    /** {@link #gradient(HookedModel, AffineMap, Matrix, Teacher, NDManager)} where the map is. */
    double[] gradient(Matrix states, Teacher teacher, NDManager manager) {
        return gradient(model, current(), states, teacher, manager);
    }

    /** Takes a step against a gradient, of matrix, then bias. */
    void step(double[] gradient) {
        try (NDArray tensor = manager.create(gradient)) {
            steps.step(List.of(tensor), 1, rate);
        }
    }

    /** Derivative of the mean KL(model || lens) with respect to matrix, then bias. */
    static double[] gradient(
            HookedModel model, AffineMap map, Matrix states, Teacher teacher, NDManager manager) {
        Matrix outward; // derivative of the sum with respect to what is read, [row, d_model]
        try (NDArray read = LastStates.tensor(manager, map.applyToRows(states))) {
            Divergence divergence = model.readout().divergence(teacher, read);
            try (NDArray gradient = divergence.gradient()) {
                outward = LastStates.matrix(gradient).scaled(1.0 / states.rows());
            }
        }
        int width = model.width();
        double[] out =
                Arrays.copyOf(outward.transposedTimes(states).values(), width * width + width);
        for (int row = 0; row < outward.rows(); row++) {
            double[] one = outward.row(row);
            for (int i = 0; i < width; i++) {
                out[width * width + i] += one[i];
            }
        }
        return out;
    }

    /**
     * Hears how far the map is off on texts kept aside, and slows down where that stops falling.
     */
    void checked(double loss) {
        if (loss < bestLoss) {
            bestLoss = loss;
            best = current();
            waited = 0;
        } else if (++waited > PATIENCE) {
            rate *= SLOWER;
            waited = 0;
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
