package dev.patchscopes.trace.patching;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Pairs of random prompts, and all that can be patched. */
final class PatchingModels {
    /** Tokens before the first in which the prompts of {@link #pair} differ. */
    static final int SHARED = 1;

    static final int LENGTH = 4;

    private PatchingModels() {}

    /** Two prompts that differ in one token, and answers of one token each. */
    static PromptPair pair(int seed) {
        return pair(seed, ImmutableIntArray.of(7 + seed), ImmutableIntArray.of(11 + seed));
    }

    static PromptPair pair(int seed, ImmutableIntArray answer, ImmutableIntArray other) {
        TokenizedPrompt clean = TraceModels.prompt(seed, LENGTH);
        int[] ids = clean.ids().toArray();
        ids[SHARED] = 3 + (ids[SHARED] - 3 + 31) % 125;
        return new PromptPair(clean, TokenizedPrompt.ofIds(ids), answer, other);
    }

    /** Every site with every grain it has, but the single weights of a pattern. */
    static PatchTarget[] targets(HookedModel model) {
        List<PatchTarget> all = new ArrayList<>();
        for (PatchedSite site : PatchedSite.values()) {
            if (!model.has(HookPoint.of(site.site(), 0))) {
                continue;
            }
            for (PatchGrain grain : PatchGrain.values()) {
                if (fits(site, grain) && grain != PatchGrain.EDGE) {
                    all.add(new PatchTarget(site, grain));
                }
            }
        }
        return all.toArray(PatchTarget[]::new);
    }

    /** One grain of every site: few enough cells for a full run of each in every family. */
    static PatchTarget[] oneOfEach(HookedModel model) {
        return Stream.of(
                        PatchTarget.byPosition(PatchedSite.RESID_PRE),
                        PatchTarget.byPosition(PatchedSite.RESID_MID),
                        PatchTarget.byPosition(PatchedSite.ATTN_OUT),
                        PatchTarget.byPosition(PatchedSite.MLP_OUT),
                        PatchTarget.byHead(PatchedSite.Z),
                        PatchTarget.byHead(PatchedSite.Q),
                        PatchTarget.byPositionAndHead(PatchedSite.K),
                        PatchTarget.byHead(PatchedSite.V),
                        PatchTarget.byHead(PatchedSite.PATTERN))
                .filter(target -> model.has(HookPoint.of(target.site().site(), 0)))
                .toArray(PatchTarget[]::new);
    }

    private static boolean fits(PatchedSite site, PatchGrain grain) {
        try {
            return new PatchTarget(site, grain).site() == site;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
