package dev.patchscopes.model.internal.family;

import dev.patchscopes.model.internal.ArchitectureSpec.NormKind;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;

/** The norms the families use. */
final class Norms {

    private Norms() {}

    static NormSpec layer(double epsilon) {
        return new NormSpec(NormKind.LAYER, epsilon, 0);
    }

    static NormSpec rms(double epsilon) {
        return new NormSpec(NormKind.RMS, epsilon, 0);
    }

    /** RMS norm whose stored weight w means 1 + w. */
    static NormSpec rmsAroundOne(double epsilon) {
        return new NormSpec(NormKind.RMS, epsilon, 1);
    }
}
