package dev.patchscopes.lens.tuned;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.lens.internal.Nesterov;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The descent of translators, all of them together: one norm over all layers is clipped, as in the
 * tuned lens's reference code. Holds native memory: close it.
 */
final class Descent implements AutoCloseable {
    private final Nesterov steps;

    Descent(Translators translators, ImmutableIntArray layers, Nesterov.Rule rule) {
        List<NDArray> parameters = new ArrayList<>(); // weight and bias, layer by layer
        for (int layer : layers.asList()) {
            parameters.add(translators.weight(layer));
            parameters.add(translators.bias(layer));
        }
        steps = new Nesterov(translators.manager(), parameters, rule);
    }

    /** Velocity of the i-th layer's weight. */
    NDArray weight(int i) {
        return steps.velocity(2 * i);
    }

    /** Velocity of the i-th layer's bias. */
    NDArray bias(int i) {
        return steps.velocity(2 * i + 1);
    }

    /**
     * Takes a step down the mean of the losses.
     *
     * @param gradients sums over tokens; scaled, and then of no further use
     * @param rate learning rate
     */
    void step(LensGradients gradients, double rate) {
        List<NDArray> all =
                IntStream.range(0, gradients.layers().length())
                        .boxed()
                        .flatMap(i -> List.of(gradients.weight(i), gradients.bias(i)).stream())
                        .toList();
        steps.step(all, 1.0 / gradients.rows(), rate);
    }

    @Override
    public void close() {
        steps.close();
    }
}
