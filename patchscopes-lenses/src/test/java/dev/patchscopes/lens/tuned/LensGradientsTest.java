package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The closed-form gradient of the training loss, in float64. */
class LensGradientsTest {
    private static final long SEED = Long.getLong("seed", 62);
    private static final ImmutableIntArray LAYERS = ImmutableIntArray.of(0, 1, 2);
    private static final TokenBatch BATCH =
            TokenBatch.of(
                    TokenizedPrompt.ofIds(3, 17, 42, 8), TokenizedPrompt.ofIds(11, 5, 29, 40));

    @TempDir Path folder;
    private HookedModel model;
    private Translators translators;

    @BeforeEach
    void load() {
        System.out.println("-Dseed=" + SEED);
        model = TinyModel.load(TinyModel.write(folder, SEED), ComputeType.FLOAT64);
        try (TunedLens random = Lenses.random(model, SEED)) {
            translators = random.translators().copy(model);
        }
    }

    @AfterEach
    void close() {
        translators.close();
        model.close();
    }

    private LensGradients sums() {
        LensGradients out = new LensGradients(model, translators, LAYERS);
        out.add(BATCH, () -> {});
        return out;
    }

    private double loss(int layer) {
        try (LensGradients sums = sums()) {
            return sums.losses()[layer] * sums.rows();
        }
    }

    @Test
    void itIsTheSlope() {
        Random random = new Random(SEED);
        try (LensGradients sums = sums()) {
            assertThat(sums.rows()).isEqualTo(8);
            for (int layer = 0; layer < 3; layer++) {
                assertSlope(layer, sums.weight(layer), translators.weight(layer), random);
                assertSlope(layer, sums.bias(layer), translators.bias(layer), random);
            }
        }
    }

    private void assertSlope(int layer, NDArray gradient, NDArray parameter, Random random) {
        double[] at = parameter.toDoubleArray();
        double[] along = random.doubles(at.length, -1, 1).toArray();
        double[] g = gradient.toDoubleArray();
        double slope = 0;
        for (int i = 0; i < g.length; i++) {
            slope += g[i] * along[i];
        }
        double step = 1e-5;
        double difference =
                (shifted(layer, parameter, at, along, step)
                                - shifted(layer, parameter, at, along, -step))
                        / (2 * step);
        parameter.set(at);
        assertThat(slope)
                .as("layer %s", layer)
                .isCloseTo(difference, within(1e-7 * (1 + Math.abs(difference))));
        assertThat(Math.abs(slope)).isGreaterThan(1e-4);
    }

    private double shifted(int layer, NDArray parameter, double[] at, double[] along, double step) {
        double[] moved = at.clone();
        for (int i = 0; i < at.length; i++) {
            moved[i] += step * along[i];
        }
        parameter.set(moved);
        return loss(layer);
    }

    /** The loss written anew: translator, layer norm, unembedding, softmax, KL. */
    @Test
    void itIsAutogradsOwn() {
        try (LensGradients sums = sums();
                TensorActivations acts =
                        model.run(BATCH).capture(HookPoint.residuals(3)).tensors();
                SafetensorsFile file = SafetensorsFile.open(folder.resolve("model.safetensors"));
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray unembedding = tensor(manager, file, "wte.weight", 50, 8);
            NDArray gain = tensor(manager, file, "ln_f.weight", 8);
            NDArray shift = tensor(manager, file, "ln_f.bias", 8);
            NDArray epsilon = manager.create(new double[] {1e-5});
            for (int layer = 0; layer < 3; layer++) {
                NDArray w = translators.weight(layer).duplicate();
                NDArray b = translators.bias(layer).duplicate();
                NDArray h = acts.get(HookPoint.residual(layer));
                NDArray last = acts.get(HookPoint.residual(3));
                w.setRequiresGradient(true);
                b.setRequiresGradient(true);
                try (GradientCollector collector =
                        Engine.getEngine("PyTorch").newGradientCollector()) {
                    NDArray y = h.add(h.matMul(w.transpose())).add(b);
                    NDArray q = logits(y, unembedding, gain, shift, epsilon).logSoftmax(-1);
                    NDArray p = logits(last, unembedding, gain, shift, epsilon).logSoftmax(-1);
                    NDArray kl = p.exp().mul(p.sub(q)).sum();
                    assertThat(kl.toDoubleArray()[0])
                            .isCloseTo(sums.losses()[layer] * 8, within(1e-11));
                    collector.backward(kl);
                }
                assertThat(sums.weight(layer).toDoubleArray())
                        .containsExactly(w.getGradient().toDoubleArray(), within(1e-11));
                assertThat(sums.bias(layer).toDoubleArray())
                        .containsExactly(b.getGradient().toDoubleArray(), within(1e-11));
            }
        }
    }

    private static NDArray logits(
            NDArray x, NDArray unembedding, NDArray gain, NDArray shift, NDArray epsilon) {
        NDArray centred = x.sub(x.mean(new int[] {-1}, true));
        NDArray variance = centred.mul(centred).mean(new int[] {-1}, true);
        NDArray normal = centred.div(variance.add(epsilon).sqrt());
        return normal.mul(gain).add(shift).matMul(unembedding.transpose());
    }

    private static NDArray tensor(
            NDManager manager, SafetensorsFile file, String name, long... shape) {
        return manager.create(file.tensor(name).toDoubles(), new Shape(shape))
                .toType(DataType.FLOAT64, false);
    }

    @Test
    void clearingForgets() {
        try (LensGradients sums = sums()) {
            double[] once = sums.weight(1).toDoubleArray();
            sums.clear();
            assertThat(sums.weight(1).toDoubleArray()).containsOnly(0);
            sums.add(BATCH, () -> {});
            assertThat(sums.weight(1).toDoubleArray()).containsExactly(once, within(1e-13));
            assertThat(sums.rows()).isEqualTo(8);
        }
    }
}
