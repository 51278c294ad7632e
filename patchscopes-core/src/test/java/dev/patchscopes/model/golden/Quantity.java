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
    LOGITS(Measure.ABSOLUTE, 1e-4, 5e-5),
    /** Activations as wide as the stream, as a part of the reference's largest value. */
    ACTIVATION(Measure.RELATIVE, 3e-5, 1e-5),
    /** Attention weights, absolute. */
    PATTERN(Measure.ABSOLUTE, 2e-5, 1e-5),
    /** Probabilities, absolute. */
    PROBABILITY(Measure.ABSOLUTE, 1e-5, 5e-6),
    /** Jacobians, as a part of the reference's largest value. */
    JACOBIAN(Measure.RELATIVE, 2e-5, 1e-5),
    /** Logits computed in float64, absolute. */
    LOGITS_F64(Measure.ABSOLUTE, 1e-4, 1e-11),
    /** Jacobians computed in float64, as a part of the largest value. */
    JACOBIAN_F64(Measure.RELATIVE, 2e-5, 1e-11);

    /** The one configuration whose large keys cost logits and patterns most of a digit. */
    private static final String LARGE_KEYS = "phi3_longrope";

    private static final double LARGE_KEYS_FACTOR = 5;

    private enum Measure {
        ABSOLUTE,
        RELATIVE
    }

    private final Measure measure;
    private final double inFloat32;
    private final double inFloat64;

    Quantity(Measure measure, double inFloat32, double inFloat64) {
        this.measure = measure;
        this.inFloat32 = inFloat32;
        this.inFloat64 = inFloat64;
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
            difference = Math.max(difference, Math.abs(actual[i] - expected[i])); // keeps NaN
            size = Math.max(size, Math.abs(expected[i]));
        }
        return measure == Measure.RELATIVE ? difference / size : difference;
    }

    double bound(String configuration, ComputeType type) {
        double bound = type == ComputeType.FLOAT64 ? inFloat64 : inFloat32;
        boolean wider = configuration.equals(LARGE_KEYS) && measure == Measure.ABSOLUTE;
        return wider ? LARGE_KEYS_FACTOR * bound : bound;
    }
}
