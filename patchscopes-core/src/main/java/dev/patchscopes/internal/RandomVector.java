package dev.patchscopes.internal;

import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * A vector of random direction, as long as the one it stands for. The direction depends on seed,
 * sample and layer alone, not on the vector, whose last bits depend on what it was computed with.
 */
public record RandomVector(long seed, int sample, int layer) implements UnaryOperator<double[]> {

    @Override
    public double[] apply(double[] vector) {
        Random random =
                new Random(
                        seed
                                ^ (sample + 1) * 0x9E3779B97F4A7C15L
                                ^ Long.rotateLeft((layer + 1) * 0xC2B2AE3D27D4EB4FL, 32));
        double[] direction = new double[vector.length];
        for (int i = 0; i < direction.length; i++) {
            direction[i] = random.nextGaussian();
        }
        double scale = norm(vector) / norm(direction);
        for (int i = 0; i < direction.length; i++) {
            direction[i] *= scale;
        }
        return direction;
    }

    private static double norm(double[] vector) {
        double sum = 0;
        for (double v : vector) {
            sum += v * v;
        }
        return Math.sqrt(sum);
    }
}
