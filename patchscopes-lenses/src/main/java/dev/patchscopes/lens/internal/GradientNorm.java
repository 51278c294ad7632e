package dev.patchscopes.lens.internal;

/** Limits the norm of a gradient as PyTorch's {@code clip_grad_norm_} does. */
public final class GradientNorm {
    /**
     * What is added to a norm before it divides: PyTorch's number. A gradient of exactly the
     * largest norm, or less than a millionth below, is therefore made smaller by as much.
     */
    public static final double EPSILON = 1e-6;

    private GradientNorm() {}

    /**
     * What to multiply a gradient by.
     *
     * @param norm of the whole gradient
     * @param most largest norm that is let through
     * @return 1, or as much less as is needed
     */
    public static double factor(double norm, double most) {
        return Math.min(1, most / (norm + EPSILON));
    }
}
