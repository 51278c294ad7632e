package dev.patchscopes.model.internal;

import dev.patchscopes.model.Site;

/** Numbers that a site holds for one token. */
final class SiteWidths {
    private SiteWidths() {}

    /** All values of a token, those of its heads side by side; for sites with a value a token. */
    static int of(ArchitectureSpec spec, Site site) {
        return switch (site) {
            case EMBED -> spec.embedding().width();
            case LN1_SCALE, LN2_SCALE, LN_FINAL_SCALE -> 1;
            case Q, ROT_Q, Z -> spec.queryWidth();
            case K, V, ROT_K -> spec.keyValueWidth();
            case MLP_PRE, MLP_PRE_LINEAR, MLP_POST -> spec.mlp().width();
            case LOGITS -> spec.vocabulary();
            case ATTN_SCORES, PATTERN ->
                    throw new IllegalArgumentException(site + " holds a value a key");
            default -> spec.width();
        };
    }

    /** Values of a token in one head; all of them where there are no heads. */
    static int ofHead(ArchitectureSpec spec, Site site) {
        return site.hasHeads() ? spec.attention().headWidth() : of(spec, site);
    }
}
