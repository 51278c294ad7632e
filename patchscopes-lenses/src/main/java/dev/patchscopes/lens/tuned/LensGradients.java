package dev.patchscopes.lens.tuned;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Divergence;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Readout;
import dev.patchscopes.model.Teacher;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * The sums over tokens of KL(model || lens) and of its derivatives with respect to the translators,
 * in closed form: with dy the derivative with respect to a translated state, dW = dy^T h and db =
 * dy, summed over the tokens (Belrose et al., 2023, section 3, for the loss).
 */
final class LensGradients implements AutoCloseable {
    /** Bytes of the teacher's distributions, each of two tensors. */
    private static final long TEACHER_BYTES = 128L << 20;

    private final HookedModel model;
    private final Translators translators;
    private final ImmutableIntArray layers;
    private final NDManager manager;
    private final List<NDArray> weights = new ArrayList<>(); // [d_model, d_model]
    private final List<NDArray> biases = new ArrayList<>(); // [d_model]
    private final double[] losses;
    private long rows;

    LensGradients(HookedModel model, Translators translators, ImmutableIntArray layers) {
        this.model = model;
        this.translators = translators;
        this.layers = layers;
        this.losses = new double[layers.length()];
        manager = translators.manager().newSubManager();
        int width = translators.width();
        for (int i = 0; i < layers.length(); i++) {
            weights.add(manager.zeros(new Shape(width, width), translators.type()));
            biases.add(manager.zeros(new Shape(width), translators.type()));
        }
    }

    /** Asked before each layer. */
    interface Interruption {
        void check();
    }

    /** Forgets what was added. */
    void clear() {
        for (int i = 0; i < losses.length; i++) {
            losses[i] = 0;
            clear(weights.get(i));
            clear(biases.get(i));
        }
        rows = 0;
    }

    private static void clear(NDArray x) {
        x.subi(x);
    }

    /** Adds the tokens of some prompts: one pass of the model for all layers. */
    void add(TokenBatch batch, Interruption interruption) {
        HookPoint last = HookPoint.residual(model.layers());
        List<HookPoint> points = layers.stream().mapToObj(HookPoint::residual).toList();
        try (TensorActivations acts = model.run(batch).capture(points).capture(last).tensors()) {
            int count = acts.rows();
            int most = (int) Math.max(1, TEACHER_BYTES / (4L * model.vocabularySize()));
            for (int from = 0; from < count; from += most) {
                add(acts, from, Math.min(count, from + most), interruption);
            }
            rows += count;
        }
    }

    private void add(TensorActivations acts, int from, int to, Interruption interruption) {
        Readout readout = model.readout();
        try (NDArray last = acts.get(HookPoint.residual(model.layers())).get("{}:{}", from, to);
                Teacher teacher = readout.teacher(last)) { // once, for all layers
            for (int i = 0; i < layers.length(); i++) {
                interruption.check();
                try (NDManager scope = acts.manager().newSubManager()) {
                    int layer = layers.get(i);
                    NDArray h = acts.get(HookPoint.residual(layer)).get("{}:{}", from, to);
                    h.attach(scope);
                    NDArray typed = translators.typed(h); // [row, d_model]
                    NDArray y = translators.apply(layer, typed);
                    Divergence divergence = readout.divergence(teacher, y);
                    losses[i] += divergence.sum();
                    NDArray dy = translators.typed(divergence.gradient()); // [row, d_model]
                    weights.get(i).addi(dy.transpose().matMul(typed));
                    biases.get(i).addi(dy.sum(new int[] {0}));
                }
            }
        }
    }

    /** Tokens added. */
    long rows() {
        return rows;
    }

    ImmutableIntArray layers() {
        return layers;
    }

    /** Mean KL of each layer. */
    double[] losses() {
        double[] mean = new double[losses.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = losses[i] / rows;
        }
        return mean;
    }

    /** The sum over tokens for the i-th layer. */
    NDArray weight(int i) {
        return weights.get(i);
    }

    /** The sum over tokens for the i-th layer. */
    NDArray bias(int i) {
        return biases.get(i);
    }

    @Override
    public void close() {
        manager.close();
    }
}
