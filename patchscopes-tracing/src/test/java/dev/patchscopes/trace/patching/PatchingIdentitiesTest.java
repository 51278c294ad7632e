package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Site;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.trace.TraceModels;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for any weights. */
class PatchingIdentitiesTest {
    private static final PromptPair PAIR = PatchingModels.pair(5);
    private static final int LAST = PatchingModels.LENGTH - 1;
    private static final PatchTarget WHOLE_STREAM = PatchTarget.byBlock(PatchedSite.RESID_PRE);

    /** Their norms stand in the stream itself, so that what attention adds holds the stream too. */
    private static final Set<String> ADDS_WHAT_DEPENDS_ON_THE_STREAM =
            Set.of("opt_350m_style", "bloom_6heads");

    static List<String> families() {
        return TraceModels.families();
    }

    private static ActivationPatching patching(HookedModel model) {
        return ActivationPatching.of(model).pair(PAIR);
    }

    /** The metric of the corrupted run with patches from the clean one. */
    private static double metric(HookedModel model, Patch... patches) {
        CellResult cell =
                model.sweep(BaseRun.of(PAIR.corrupted()), BaseRun.of(PAIR.clean()))
                        .cells(List.of(Cell.of(0).patched(patches)))
                        .reading(Reading.logitsOf(PAIR.answer().get(0), PAIR.other().get(0)))
                        .execute()
                        .get(0);
        return cell.logits().get(0) - cell.logits().get(1);
    }

    @ParameterizedTest
    @MethodSource("families")
    void aRunPatchedWithItselfIsItself(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PromptPair same =
                    new PromptPair(PAIR.clean(), PAIR.clean(), PAIR.answer(), PAIR.other());
            // exact sweeps know that nothing changes, naive ones compute it
            PatchTarget[] targets = PatchingModels.oneOfEach(model);
            PatchingResult result =
                    ActivationPatching.of(model).pair(same).execution(Execution.NAIVE).run(targets);
            for (PatchGrid grid : result.grids()) {
                assertThat(grid.values().get(0))
                        .as(grid.toString())
                        .allSatisfy(
                                v -> assertThat(v).isCloseTo(result.cleanMetric(), within(1e-9)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void theWholeStreamBringsTheWholeAnswer(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchingResult denoised = patching(model).run(WHOLE_STREAM);
            PatchingResult noised =
                    patching(model).direction(PatchDirection.NOISING).run(WHOLE_STREAM);
            assertThat(noised.cleanMetric()).isCloseTo(denoised.cleanMetric(), within(1e-9));
            for (int block = 0; block < model.layers(); block++) {
                // denoising everything is noising nothing, and the other way round
                assertThat(denoised.metric(WHOLE_STREAM, block))
                        .isCloseTo(noised.cleanMetric(), within(1e-9));
                assertThat(noised.metric(WHOLE_STREAM, block))
                        .isCloseTo(denoised.corruptedMetric(), within(1e-9));
                assertThat(denoised.normalised(WHOLE_STREAM, block).orElseThrow())
                        .isCloseTo(1, within(1e-6));
                assertThat(noised.normalised(WHOLE_STREAM, block).orElseThrow())
                        .isCloseTo(0, within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void tokensBeforeTheFirstDifferenceBringNothing(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchTarget stream = PatchTarget.byPosition(PatchedSite.RESID_PRE);
            PatchTarget heads = PatchTarget.byPositionAndHead(PatchedSite.Z);
            PatchingResult result = patching(model).run(stream, heads);
            // exact sweeps fill these cells in, naive ones compute them
            PatchingResult computed = patching(model).execution(Execution.NAIVE).run(stream, heads);
            for (int block = 0; block < model.layers(); block++) {
                for (int pos = 0; pos < PatchingModels.SHARED; pos++) {
                    assertThat(result.metric(stream, block, pos))
                            .isEqualTo(result.corruptedMetric());
                    assertThat(computed.metric(stream, block, pos))
                            .isCloseTo(computed.corruptedMetric(), within(1e-9));
                    for (int head = 0; head < model.heads(); head++) {
                        assertThat(result.metric(heads, block, pos, head))
                                .isEqualTo(result.corruptedMetric());
                        assertThat(computed.metric(heads, block, pos, head))
                                .isCloseTo(computed.corruptedMetric(), within(1e-9));
                    }
                }
            }
            assertThat(result.effect(stream, 1, PatchingModels.SHARED)).isNotZero();
            // the token in which they differ is all that enters the model
            assertThat(result.normalised(stream, 0, PatchingModels.SHARED).orElseThrow())
                    .isCloseTo(1, within(1e-6));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void allHeadsTogetherAreWhatAttentionAdds(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchTarget z = PatchTarget.byPosition(PatchedSite.Z);
            PatchTarget out = PatchTarget.byPosition(PatchedSite.ATTN_OUT);
            PatchTarget allZ = PatchTarget.byBlock(PatchedSite.Z);
            PatchTarget allOut = PatchTarget.byBlock(PatchedSite.ATTN_OUT);
            PatchingResult result = patching(model).run(z, out, allZ, allOut);
            for (int block = 0; block < model.layers(); block++) {
                for (int pos = 0; pos < PatchingModels.LENGTH; pos++) {
                    HookPoint projection = HookPoint.of(Site.ATTN_PROJ, block);
                    Patch patch = Patch.of(1, projection, Positions.at(pos));
                    assertThat(result.metric(z, block, pos))
                            .isCloseTo(metric(model, patch), within(1e-9));
                    if (!ADDS_WHAT_DEPENDS_ON_THE_STREAM.contains(name)) {
                        assertThat(result.metric(z, block, pos))
                                .isCloseTo(result.metric(out, block, pos), within(1e-9));
                    }
                }
                if (!ADDS_WHAT_DEPENDS_ON_THE_STREAM.contains(name)) {
                    assertThat(result.metric(allZ, block))
                            .isCloseTo(result.metric(allOut, block), within(1e-9));
                }
            }
            assertThat(result.effect(out, 0, LAST)).isNotZero();
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void theMiddleOfABlockIsItsInputAndWhatAttentionAdds(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            if (!model.has(HookPoint.residMid(0))) {
                return; // parallel blocks have no middle
            }
            PatchTarget middle = PatchTarget.byPosition(PatchedSite.RESID_MID);
            PatchingResult result = patching(model).run(middle);
            for (int block = 0; block < model.layers(); block++) {
                // at the last token, whose keys and values nothing after it reads
                double both =
                        metric(
                                model,
                                Patch.of(1, HookPoint.residPre(block), Positions.last()),
                                Patch.of(1, HookPoint.attnOut(block), Positions.last()));
                assertThat(result.metric(middle, block, LAST)).isCloseTo(both, within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void aCellOfTheStreamIsAPatchscope(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchTarget stream = PatchTarget.byPosition(PatchedSite.RESID_PRE);
            ActivationPatching patching = patching(model);
            PatchingResult result = patching.run(stream);
            for (int block = 0; block < model.layers(); block++) {
                for (int pos = 0; pos < PatchingModels.LENGTH; pos++) {
                    TokenDistribution next = patching.asPatchscope(block, pos).run().next();
                    assertThat(result.metric(stream, block, pos))
                            .isCloseTo(
                                    next.logProbability(PAIR.answer().get(0))
                                            - next.logProbability(PAIR.other().get(0)),
                                    within(1e-9));
                }
            }
        }
    }
}
