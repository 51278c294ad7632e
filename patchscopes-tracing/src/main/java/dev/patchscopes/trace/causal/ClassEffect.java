package dev.patchscopes.trace.causal;

import dev.patchscopes.measure.Estimate;

/**
 * The average indirect effect of restoring something at tokens of a class.
 *
 * @param kind what is restored
 * @param tokenClass at which tokens
 * @param row at which layer, or around which block; see {@link TraceKind}
 * @param effect mean over the facts that have such tokens, of several in a fact their mean
 */
public record ClassEffect(TraceKind kind, TokenClass tokenClass, int row, Estimate effect) {

    /** {@return for example {@code residual layer 4 at last subject: 0.31 [0.28, 0.34]}} */
    @Override
    public String toString() {
        return "%s %s %d at %s: %s"
                .formatted(
                        kind.label(),
                        kind.isResidual() ? "layer" : "block",
                        row,
                        tokenClass.label(),
                        effect);
    }
}
