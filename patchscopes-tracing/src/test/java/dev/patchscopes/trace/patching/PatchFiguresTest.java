package dev.patchscopes.trace.patching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.ColorScale;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import dev.patchscopes.trace.TraceModels;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pictures hold the numbers of patched cells. */
class PatchFiguresTest {
    private static final PatchTarget STREAM = PatchTarget.byPosition(PatchedSite.RESID_PRE);
    private static final PatchTarget HEADS = PatchTarget.byHead(PatchedSite.Z);
    private static final PatchTarget PARTS = PatchTarget.byPositionAndHead(PatchedSite.K);
    private static final PatchTarget BLOCKS = PatchTarget.byBlock(PatchedSite.MLP_OUT);
    private static final PatchTarget ROWS = PatchTarget.patternByDestination();
    private static final PatchTarget EDGES = PatchTarget.patternByEdge();
    private static PatchingResult denoised;
    private static PatchingResult noised;
    private static AttributionResult estimated;

    @BeforeAll
    static void run() {
        try (HookedModel model = TraceModels.exact("llama_gqa_llama3")) {
            ActivationPatching patching =
                    ActivationPatching.of(model)
                            .pair(PatchingModels.pair(1))
                            .pair(PatchingModels.pair(2));
            denoised = patching.run(STREAM, HEADS, PARTS, BLOCKS, ROWS, EDGES);
            noised =
                    ActivationPatching.of(model)
                            .pair(PatchingModels.pair(1))
                            .direction(PatchDirection.NOISING)
                            .run(STREAM);
            estimated =
                    AttributionPatching.of(model)
                            .pair(PatchingModels.pair(1))
                            .pair(PatchingModels.pair(2))
                            .run(HEADS, STREAM);
        }
    }

    private static void isCell(PatchedCells cells, HeatCell cell, PatchTarget target, int... at) {
        assertThat(cell.values().asList())
                .containsExactly(
                        cells.normalised(target, at).orElseThrow(),
                        cells.effect(target, at),
                        cells.metric(target, at));
    }

    @Test
    void everyGrainIsLaidOutByItsAxes() {
        int blocks = denoised.provenance().blocks();
        int heads = denoised.grid(HEADS).shape().get(1);
        int keyHeads = denoised.grid(PARTS).shape().get(2);
        assertThat(keyHeads).isLessThan(heads);
        for (int block = 0; block < blocks; block++) {
            isCell(denoised, denoised.heatmap(BLOCKS).at(0, block), BLOCKS, block);
            for (int head = 0; head < heads; head++) {
                isCell(denoised, denoised.heatmap(HEADS).at(head, block), HEADS, block, head);
            }
            for (int pos = 0; pos < PatchingModels.LENGTH; pos++) {
                isCell(denoised, denoised.heatmap(STREAM).at(pos, block), STREAM, block, pos);
                for (int head = 0; head < keyHeads; head++) {
                    isCell(
                            denoised,
                            denoised.heatmap(PARTS).at(block * keyHeads + head, pos),
                            PARTS,
                            block,
                            pos,
                            head);
                }
                for (int head = 0; head < heads; head++) {
                    isCell(
                            denoised,
                            denoised.heatmap(ROWS).at(block * heads + head, pos),
                            ROWS,
                            block,
                            head,
                            pos);
                }
            }
        }
        assertThat(denoised.heatmap(PARTS).rows().labels().get(keyHeads)).isEqualTo("1.0");
        assertThat(denoised.heatmap(PARTS).rows().title()).isEqualTo("block.key and value head");
        assertThat(denoised.heatmap(ROWS).columns().title()).isEqualTo("token that attends");
        assertThat(denoised.heatmap(HEADS).columns().title()).isEqualTo("block");
    }

    @Test
    void singleWeightsHaveAMapAHead() {
        Heatmap map = denoised.heatmap(EDGES, 1, 2);
        assertThat(map.title()).endsWith("block 1 head 2");
        for (int dest = 0; dest < PatchingModels.LENGTH; dest++) {
            for (int src = 0; src < PatchingModels.LENGTH; src++) {
                if (src > dest) {
                    assertThat(map.at(dest, src)).isEqualTo(HeatCell.empty());
                } else {
                    isCell(denoised, map.at(dest, src), EDGES, 1, 2, dest, src);
                }
            }
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> denoised.heatmap(EDGES))
                .withMessageContaining("use heatmap(target, block, head)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> denoised.heatmap(HEADS, 0, 0))
                .withMessageContaining("use heatmap(target)");
        assertThatThrownBy(() -> denoised.heatmap(EDGES, 0, 99))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("head 99");
        assertThatThrownBy(() -> noised.heatmap(HEADS)).isInstanceOf(OutOfRangeException.class);
    }

    @Test
    void differingTokensAreMarkedAndShownTogether() {
        Heatmap one = noised.heatmap(STREAM);
        PairReading pair = noised.pairs().get(0);
        assertThat(one.rows().marked()).containsExactly(PatchingModels.SHARED);
        assertThat(one.rows().labels().get(0)).isEqualTo(pair.clean().get(0));
        assertThat(one.rows().labels().get(PatchingModels.SHARED))
                .isEqualTo(
                        pair.clean().get(PatchingModels.SHARED)
                                + "/"
                                + pair.corrupted().get(PatchingModels.SHARED));
        assertThat(denoised.heatmap(STREAM).rows().labels().get(PatchingModels.SHARED))
                .endsWith("/...");
    }

    @Test
    void theGroundIsTheRunThatIsPatched() {
        Measure recovered = denoised.heatmap(STREAM).measures().get(0);
        assertThat(recovered.colors()).isEqualTo(ColorScale.DIVERGING);
        assertThat(recovered.name()).isEqualTo("recovered");
        Measure kept = noised.heatmap(STREAM).measures().get(0);
        assertThat(kept.colors()).isEqualTo(ColorScale.REVERSED);
        assertThat(kept.name()).isEqualTo("kept");
        assertThat(kept.high()).hasValue(1);
    }

    @Test
    void withoutAScaleThereAreEffectsOnly() {
        PairReading pair = denoised.pairs().get(0);
        PairReading same =
                new PairReading(
                        pair.clean(),
                        pair.corrupted(),
                        pair.cleanIds(),
                        pair.corruptedIds(),
                        pair.answer(),
                        pair.other(),
                        pair.about(),
                        2,
                        2);
        PatchGrid grid = denoised.grid(HEADS);
        PatchingResult result =
                new PatchingResult(
                        denoised.provenance(),
                        ImmutableList.of(same),
                        ImmutableList.of(
                                new PatchGrid(
                                        HEADS,
                                        grid.axes(),
                                        grid.shape(),
                                        grid.values().subList(0, 1),
                                        ImmutableList.of())));
        Heatmap map = result.heatmap(HEADS);
        assertThat(map.measures())
                .extracting(Measure::name)
                .containsExactly("effect", "logit difference");
        assertThat(map.at(1, 0).value(0)).isCloseTo(grid.at(0, 0, 1) - 2, within(1e-12));
        assertThat(map.caption()).contains("too close");
        Table top = (Table) result.page().blocks().get(1);
        assertThat(top.rows().get(0).get(4)).isEqualTo(TableCell.of(Double.NaN));
    }

    @Test
    void thePageShowsEveryTargetAndIntervalsOfTheLargestEffects() {
        assertThat(denoised.page().blocks())
                .contains(
                        denoised.heatmap(STREAM),
                        denoised.heatmap(HEADS),
                        denoised.heatmap(PARTS),
                        denoised.heatmap(BLOCKS),
                        denoised.heatmap(ROWS));
        PatchCell edge = denoised.top(EDGES, 1).get(0);
        assertThat(denoised.page().blocks())
                .contains(denoised.heatmap(EDGES, edge.index().get(0), edge.index().get(1)));
        PatchCell largest = denoised.top(STREAM, 1).get(0);
        Estimate estimate =
                denoised.estimate(
                        STREAM, largest.index().stream().mapToInt(Integer::intValue).toArray());
        Table top =
                (Table)
                        denoised.page().blocks().stream()
                                .filter(Table.class::isInstance)
                                .findFirst()
                                .orElseThrow();
        assertThat(top.rows().get(0).subList(2, 7))
                .containsExactly(
                        TableCell.of(largest.metric()),
                        TableCell.of(largest.effect()),
                        TableCell.of(largest.normalised().orElseThrow()),
                        TableCell.of(estimate.low()),
                        TableCell.of(estimate.high()));
    }

    @Test
    void estimatesSayThatTheyAreAndAreComparedWithMeasurements() {
        Heatmap map = estimated.heatmap(HEADS);
        assertThat(map.title()).contains("estimated");
        assertThat(map.caption()).contains("Nothing here was run");
        isCell(estimated, map.at(1, 0), HEADS, 0, 1);
        assertThat(estimated.correlations(denoised).rows())
                .extracting(row -> row.get(3))
                .containsExactly(
                        TableCell.of(estimated.correlation(denoised, HEADS)),
                        TableCell.of(estimated.correlation(denoised, STREAM)));
    }
}
