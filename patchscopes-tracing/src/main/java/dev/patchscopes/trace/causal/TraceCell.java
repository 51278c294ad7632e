package dev.patchscopes.trace.causal;

import dev.patchscopes.internal.Fixed;

/**
 * One cell of a trace.
 *
 * @param kind what is restored
 * @param row at which layer, or around which block
 * @param token at which token
 * @param value the answer's metric, mean over copies
 * @param indirectEffect that minus the metric of the corrupted run
 */
public record TraceCell(TraceKind kind, int row, int token, double value, double indirectEffect) {

    /** {@return for example {@code residual layer 4 at token 3: 0.66 (+0.54)}} */
    @Override
    public String toString() {
        return "%s %s %d at token %d: %s (%s)"
                .formatted(
                        kind.label(),
                        kind.isResidual() ? "layer" : "block",
                        row,
                        token,
                        Fixed.text(value, 3),
                        Fixed.signed(indirectEffect, 3));
    }
}
