package dev.patchscopes.trace.patching;

import dev.patchscopes.model.Site;

/** The kinds of activation that are patched; the names are TransformerLens's. */
public enum PatchedSite {
    /** Residual stream that enters a block; that of block b is the paper's layer b. */
    RESID_PRE(Site.RESID_PRE),
    /** Residual stream between attention and MLP; parallel blocks have none. */
    RESID_MID(Site.RESID_MID),
    /** What attention adds to the stream, after any norm on it. */
    ATTN_OUT(Site.ATTN_OUT),
    /** What the MLP adds to the stream, after any norm on it. */
    MLP_OUT(Site.MLP_OUT),
    /** Values that each head has mixed, before the output projection. */
    Z(Site.Z),
    /** Queries of each head, before any norm on them and before rotation. */
    Q(Site.Q),
    /** Keys of each key and value head, before any norm on them and before rotation. */
    K(Site.K),
    /** Values of each key and value head. */
    V(Site.V),
    /** Attention weights of each head, a row for each position that attends. */
    PATTERN(Site.PATTERN);

    private final Site site;

    PatchedSite(Site site) {
        this.site = site;
    }

    /** {@return where it is in a model} */
    public Site site() {
        return site;
    }
}
