package dev.patchscopes.trace.causal;

import dev.patchscopes.measure.Estimate;

/**
 * The row that brings back most in facts about one half of the subjects, and what it brings back in
 * those about the other half, which had no part in choosing it. Halves are every other subject, in
 * the order of the facts.
 *
 * @param kind what is restored
 * @param tokenClass at which tokens
 * @param row the layer or block; see {@link TraceKind}
 * @param dev mean over the half it was chosen on; too good by the choice
 * @param test mean over the other half
 */
public record HeldOutPeak(
        TraceKind kind, TokenClass tokenClass, int row, Estimate dev, Estimate test) {

    /**
     * Whether what it brings back in the other half is more than chance: its interval lies above 0.
     *
     * @return whether; false where there is no interval
     */
    public boolean isAboveZero() {
        return test.low() > 0;
    }

    /**
     * {@return for example {@code residual layer 4 at last subject: held out 0.31 [0.28, 0.34]}}
     */
    @Override
    public String toString() {
        return "%s %s %d at %s: held out %s"
                .formatted(
                        kind.label(),
                        kind.isResidual() ? "layer" : "block",
                        row,
                        tokenClass.label(),
                        test);
    }
}
