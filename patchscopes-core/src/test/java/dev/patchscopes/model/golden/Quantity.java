package dev.patchscopes.model.golden;

import dev.patchscopes.model.ComputeType;

/**
 * What is compared, and how far it may be off.
 *
 * <p>The references are float32 numbers, so in float64 the bound is on the reference's own rounding
 * error; names ending in {@code _F64} are references computed in float64 throughout.
 */
enum Quantity {
    /** Logits, absolute. */
    LOGITS(2e-4, 4e-5, false),
    /** Activations as wide as the stream, as a part of the reference's largest value. */
    ACTIVATION(1e-4, 1e-5, true),
    /** Attention weights, absolute. */
    PATTERN(5e-5, 1e-5, false),
    /** Probabilities, absolute. */
    PROBABILITY(5e-5, 5e-6, false),
    /** Jacobians, as a part of the reference's largest value. */
    JACOBIAN(5e-5, 5e-6, true),
    /** Logits computed in float64, absolute. */
    LOGITS_F64(2e-4, 1e-11, false),
    /** Jacobians computed in float64, as a part of the largest value. */
    JACOBIAN_F64(5e-5, 1e-9, true);

    private final double inFloat32;
    private final double inFloat64;
    private final boolean relative;

    Quantity(double inFloat32, double inFloat64, boolean relative) {
        this.inFloat32 = inFloat32;
        this.inFloat64 = inFloat64;
        this.relative = relative;
    }

    /** The largest difference, in the quantity's measure. */
    double deviation(double[] actual, double[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError(
                    actual.length + " values where " + expected.length + " are expected");
        }
        double difference = 0;
        double size = 0;
        for (int i = 0; i < actual.length; i++) {
            double d = Math.abs(actual[i] - expected[i]);
            difference = d <= difference ? difference : d; // keeps NaN
            size = Math.max(size, Math.abs(expected[i]));
        }
        return relative ? difference / size : difference;
    }

    double bound(String configuration, ComputeType type) {
        boolean exact = this == LOGITS_F64 || this == JACOBIAN_F64;
        if (type == ComputeType.FLOAT64) {
            return configuration.equals("phi3_longrope") && !exact ? 4 * inFloat64 : inFloat64;
        }
        // its keys are large, so that logits and patterns lose a digit; the reference's do too
        boolean digitLess = configuration.equals("phi3_longrope");
        return digitLess && !relative ? (this == PATTERN ? 6 : 5) * inFloat32 : inFloat32;
    }
}
