package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.lens.internal.Nesterov;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps, against numbers worked out by hand and by PyTorch. */
class DescentTest {
    private static final double[][] PYTORCH = {
        {0.38590502279999545, -0.09795253039999391},
        {0.306619663624245, -0.10632339438440996},
        {0.3575072301217854, -0.13582549248896558},
        {0.35552194959717726, -0.14853507580274497}
    };
    private static final ImmutableIntArray LAYERS = ImmutableIntArray.of(0, 1, 2);

    @TempDir Path folder;
    private HookedModel model;
    private Translators translators;
    private LensGradients gradients;

    @BeforeEach
    void load() {
        model = TinyModel.load(TinyModel.write(folder, 1), ComputeType.FLOAT64);
        translators = Translators.zero(model);
        gradients = new LensGradients(model, translators, LAYERS);
        // one token, so that sums are means
        gradients.add(TokenBatch.of(TokenizedPrompt.ofIds(7)), () -> {});
        clear();
    }

    private void clear() {
        for (int i = 0; i < 3; i++) {
            NDArray weight = gradients.weight(i);
            NDArray bias = gradients.bias(i);
            weight.subi(weight.duplicate());
            bias.subi(bias.duplicate());
        }
    }

    @AfterEach
    void close() {
        gradients.close();
        translators.close();
        model.close();
    }

    private static void put(NDArray target, double first) {
        double[] values = target.toDoubleArray();
        values[0] = first;
        target.set(values);
    }

    private Descent descent(double momentum, double decay, OptionalDouble clip) {
        return new Descent(translators, LAYERS, new Nesterov.Rule(momentum, decay, clip));
    }

    /**
     * theta = 0.5, decay 0.1, mu 0.9, rate 0.1, gradients 0.2 and then -0.3. By hand: g = 0.25, v =
     * 0.25, theta = 0.5 - 0.1 (0.25 + 0.225) = 0.4525; g = -0.3 + 0.04525 = -0.25475, v = 0.225 -
     * 0.25475 = -0.02975, theta = 0.4525 - 0.1 (-0.25475 - 0.026775) = 0.4806525.
     */
    @Test
    void twoStepsAreThoseWorkedOutByHand() {
        put(translators.weight(1), 0.5);
        put(translators.bias(2), 0.5);
        try (Descent descent = descent(0.9, 0.1, OptionalDouble.empty())) {
            put(gradients.weight(1), 0.2);
            put(gradients.bias(2), 0.2);
            descent.step(gradients, 0.1);
            assertThat(translators.weight(1).toDoubleArray()[0]).isCloseTo(0.4525, within(1e-15));
            assertThat(translators.bias(2).toDoubleArray()[0]).isCloseTo(0.4525, within(1e-15));
            clear();
            put(gradients.weight(1), -0.3);
            put(gradients.bias(2), -0.3);
            descent.step(gradients, 0.1);
            assertThat(translators.weight(1).toDoubleArray()[0])
                    .isCloseTo(0.4806525, within(1e-15));
            assertThat(translators.bias(2).toDoubleArray()[0]).isCloseTo(0.4806525, within(1e-15));
            assertThat(descent.weight(1).toDoubleArray()[0]).isCloseTo(-0.02975, within(1e-15));
            assertThat(translators.weight(0).toDoubleArray()).containsOnly(0);
        }
    }

    /**
     * PyTorch 2.13 in float64: parameters 0.5 and -0.25, SGD(lr=0.1, momentum=0.9, nesterov=True,
     * weight_decay=1e-3) after clip_grad_norm_(1.0), rates 0.1, 0.075, 0.05, 0.025 and gradients
     * (3, -4), (0.3, 0.4), (-2, 1), (0.1, 0.2).
     */
    @Test
    void fourClippedStepsAreThoseOfPyTorch() {
        double[][] given = {{3, -4}, {0.3, 0.4}, {-2, 1}, {0.1, 0.2}};
        put(translators.weight(0), 0.5);
        put(translators.bias(1), -0.25);
        try (Descent descent = descent(0.9, 1e-3, OptionalDouble.of(1))) {
            for (int step = 0; step < given.length; step++) {
                clear();
                put(gradients.weight(0), given[step][0]);
                put(gradients.bias(1), given[step][1]);
                descent.step(gradients, 0.1 * (4 - step) / 4);
                assertThat(translators.weight(0).toDoubleArray()[0])
                        .isCloseTo(PYTORCH[step][0], within(1e-14));
                assertThat(translators.bias(1).toDoubleArray()[0])
                        .isCloseTo(PYTORCH[step][1], within(1e-14));
            }
        }
    }

    @Test
    void theClipIsOfAllLayersTogether() {
        try (Descent descent = descent(0, 0, OptionalDouble.of(1))) {
            for (int layer = 0; layer < 3; layer++) {
                put(gradients.weight(layer), 0.8); // each below 1, together 1.3856
            }
            descent.step(gradients, 1);
            double step = 0.8 / (Math.sqrt(3 * 0.64) + 1e-6);
            for (int layer = 0; layer < 3; layer++) {
                assertThat(translators.weight(layer).toDoubleArray()[0])
                        .isCloseTo(-step, within(1e-15));
            }
        }
    }

    @Test
    void shapesAreTheModels() {
        assertThat(translators.weight(0).getShape()).isEqualTo(new Shape(8, 8));
        assertThat(gradients.rows()).isEqualTo(1);
    }
}
