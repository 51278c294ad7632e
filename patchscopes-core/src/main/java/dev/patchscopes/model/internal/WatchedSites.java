package dev.patchscopes.model.internal;

import dev.patchscopes.model.Site;

/** At which sites values are looked at by a run that is to stop where they are not finite. */
final class WatchedSites {
    private final boolean addedIsDifference;

    WatchedSites(ArchitectureSpec spec) {
        ArchitectureSpec.BlockLayout layout = spec.layout();
        this.addedIsDifference = layout.streamNorms() || layout.residualFromNormed();
    }

    /** Whether the value at a site is looked at when the model has computed it. */
    boolean contains(Site site) {
        return switch (site) {
            case ATTN_SCORES -> false; // looked at before they are masked
            // where it is a difference nothing is computed from it, and it may overflow on its own
            case ATTN_OUT, MLP_OUT -> !addedIsDifference;
            default -> true;
        };
    }
}
