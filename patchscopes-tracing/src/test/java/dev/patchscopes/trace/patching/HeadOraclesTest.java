package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.model.Activation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Cells of single heads are plain runs of one prompt, into which vectors are put that were read by
 * position and head from a plain run of the other. These oracles share nothing with the tool, whose
 * exact and naive executions read their values in the same way.
 */
class HeadOraclesTest {
    private static final PromptPair PAIR = PatchingModels.pair(8);
    private static final List<PatchedSite> SITES =
            List.of(PatchedSite.Z, PatchedSite.Q, PatchedSite.K, PatchedSite.V);
    private static final int LAST = PatchingModels.LENGTH - 1;
    private static final int[] ALL = IntStream.range(0, PatchingModels.LENGTH).toArray();

    static List<String> families() {
        return TraceModels.families();
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyHeadIsPatchedWithItsOwnVectors(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchTarget[] targets =
                    SITES.stream()
                            .flatMap(
                                    site ->
                                            List.of(
                                                    PatchTarget.byHead(site),
                                                    PatchTarget.byPositionAndHead(site))
                                                    .stream())
                            .toArray(PatchTarget[]::new);
            PatchingResult result = ActivationPatching.of(model).pair(PAIR).run(targets);
            int block = model.layers() - 1;
            int moved = 0;
            for (PatchedSite site : SITES) {
                // first block's keys and values, last block's queries and what heads mix
                int at = site == PatchedSite.K || site == PatchedSite.V ? 0 : block;
                Activation clean = read(model, PAIR.clean(), HookPoint.of(site.site(), at));
                PatchGrid grid = result.grid(PatchTarget.byHead(site));
                int last = grid.shape().get(1) - 1;
                for (int head : IntStream.of(0, last).distinct().toArray()) {
                    double whole = patched(model, clean, head, ALL);
                    assertThat(grid.mean(at, head))
                            .as("%s of block %s, head %s", site, at, head)
                            .isCloseTo(whole, within(1e-9));
                    for (int one : new int[] {PatchingModels.SHARED, LAST}) {
                        assertThat(
                                        result.metric(
                                                PatchTarget.byPositionAndHead(site), at, one, head))
                                .as("%s of block %s, token %s, head %s", site, at, one, head)
                                .isCloseTo(patched(model, clean, head, one), within(1e-9));
                    }
                    moved += Math.abs(whole - result.corruptedMetric()) > 1e-6 ? 1 : 0;
                }
            }
            assertThat(moved).as("cells that the patch moves").isGreaterThanOrEqualTo(SITES.size());
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void rowsAndWeightsOfAPatternAreThoseOfTheirHead(String name) {
        try (HookedModel model = TraceModels.exact(name)) {
            PatchTarget rows = PatchTarget.patternByDestination();
            PatchTarget weights = PatchTarget.patternByEdge();
            PatchingResult result =
                    ActivationPatching.of(model)
                            .pair(PAIR)
                            .direction(PatchDirection.NOISING)
                            .run(rows, weights);
            int moved = 0;
            for (int block : new int[] {0, model.layers() - 1}) {
                HookPoint point = HookPoint.pattern(block);
                Activation clean = read(model, PAIR.clean(), point); // [head, dest, src]
                Activation corrupted = read(model, PAIR.corrupted(), point);
                for (int head : new int[] {0, model.heads() - 1}) {
                    for (int dest = block == 0 ? LAST - 1 : LAST; dest <= LAST; dest++) {
                        double[] row = corrupted.vectorDoubles(0, head, dest);
                        double[] one = clean.vectorDoubles(0, head, dest);
                        one[PatchingModels.SHARED] = row[PatchingModels.SHARED];
                        double whole = metric(model, PAIR.clean(), row(point, head, dest, row));
                        assertThat(result.metric(rows, block, head, dest))
                                .as("row %s of head %s in block %s", dest, head, block)
                                .isCloseTo(whole, within(1e-9));
                        assertThat(result.metric(weights, block, head, dest, PatchingModels.SHARED))
                                .as("weight in row %s of head %s in block %s", dest, head, block)
                                .isCloseTo(
                                        metric(model, PAIR.clean(), row(point, head, dest, one)),
                                        within(1e-9));
                        moved += Math.abs(whole - result.cleanMetric()) > 1e-6 ? 1 : 0;
                    }
                }
            }
            assertThat(moved).as("cells that the patch moves").isGreaterThanOrEqualTo(2);
        }
    }

    private static Intervention row(HookPoint point, int head, int dest, double[] values) {
        return Intervention.replace(point, Positions.at(dest), values).heads(head);
    }

    private static Activation read(HookedModel model, TokenizedPrompt prompt, HookPoint point) {
        return model.run(prompt).capture(point).execute().get(point);
    }

    /** The metric of a run of the corrupted prompt with vectors of one head replaced. */
    private static double patched(HookedModel model, Activation clean, int head, int... positions) {
        Intervention[] replaced =
                IntStream.of(positions)
                        .mapToObj(
                                pos ->
                                        Intervention.replace(
                                                        clean.point(),
                                                        Positions.at(pos),
                                                        clean.vectorDoubles(0, pos, head))
                                                .heads(head))
                        .toArray(Intervention[]::new);
        return metric(model, PAIR.corrupted(), replaced);
    }

    private static double metric(
            HookedModel model, TokenizedPrompt prompt, Intervention... interventions) {
        TokenDistribution next = model.run(prompt).intervene(interventions).execute().next();
        return next.logit(PAIR.answer().get(0)) - next.logit(PAIR.other().get(0));
    }
}
