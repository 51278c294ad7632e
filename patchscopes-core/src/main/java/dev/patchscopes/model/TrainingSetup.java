package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How a model in training computes.
 *
 * @param type number format, FLOAT32 or FLOAT64
 * @param workers threads; the same number gives the same results
 * @param tokensAtOnce tokens that one thread reads in one pass: few enough that what a pass holds
 *     stays in the processor's caches, many enough that its products of matrices are efficient
 */
public record TrainingSetup(ComputeType type, int workers, int tokensAtOnce) {

    /**
     * Checks the choices.
     *
     * @param type number format
     * @param workers threads
     * @param tokensAtOnce tokens of a pass
     * @throws IllegalArgumentException if a number is not positive or the format is FLOAT16
     */
    public TrainingSetup {
        checkArgument(type != ComputeType.FLOAT16, "gradients are not to be trusted in float16");
        checkArgument(workers > 0 && tokensAtOnce > 0, "workers and tokens must be positive");
    }

    /** {@return float32, a thread for each processor} */
    public static TrainingSetup standard() {
        return new TrainingSetup(
                ComputeType.FLOAT32, Runtime.getRuntime().availableProcessors(), 1024);
    }
}
