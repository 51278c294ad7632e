package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps over texts, and what is shown and kept of their grids. */
class PatchscopeSweepTextTest {

    private static final String DIANA = "Princess of Wales!";
    private static final String CAT = "of Wales, a cat";
    private static final TargetPrompt TELL = TargetPrompt.of("Tell of x, \"now\"", "x");

    @TempDir private static Path directory;
    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = SmallModels.withTokenizer("llama_gqa_llama3", directory);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void textsAreReadByTheirPlaceholders() {
        ImmutableList<LayerGrid> grids =
                scope(6).sweep()
                        .sameLayers(Layers.at(0, 2))
                        .sourcePrompts(DIANA, CAT)
                        .targetPrompts(TargetPrompt.tokenIdentity(), TELL)
                        .run();

        int index = 0;
        for (String source : List.of(DIANA, CAT)) {
            for (TargetPrompt target : List.of(TargetPrompt.tokenIdentity(), TELL)) {
                Patchscope alone =
                        Patchscope.on(model)
                                .sourcePrompt(source)
                                .sourcePosition(Positions.lastTokenOf("Wales"))
                                .sourceLayer(1)
                                .targetPrompt(target)
                                .targetLayer(2)
                                .maxNewTokens(6)
                                .build();
                LayerGrid grid = grids.get(index++);
                assertThat(grid.provenance()).isEqualTo(alone.provenance());
                assertThat(text(grid.at(2, 2).generation().orElseThrow()))
                        .isEqualTo(alone.atLayers(2, 2).run().text());
                assertThat(text(grid.unpatched().generation().orElseThrow()))
                        .isEqualTo(alone.run().unpatched().text());
            }
        }
        assertThat(grids.get(1).provenance().target().position()).isEqualTo(5);
    }

    @Test
    void answersEndAtAStopString() {
        String stop = scope(8).atLayers(2, 1).run().text().substring(2, 4);
        Patchscope stopped = parts(8).stopAt(stop).build();

        for (Execution how : Execution.values()) {
            LayerGrid grid =
                    stopped.sweep()
                            .layers(Layers.all(), Layers.at(1, 2))
                            .targetPrompts(TargetPrompt.tokenIdentity(), TELL)
                            .execution(how)
                            .run()
                            .get(1);
            for (LayerGrid.GridCell cell : grid.cells()) {
                Generation expected =
                        stopped.atLayers(cell.sourceLayer(), cell.targetLayer())
                                .run()
                                .patched()
                                .generation();
                Generation generated = cell.result().generation().orElseThrow();
                assertThat(generated.text()).isEqualTo(expected.text());
                assertThat(generated.reason()).isEqualTo(expected.reason());
            }
            assertThat(grid.at(2, 1).generation().orElseThrow().reason())
                    .isEqualTo(Generation.StopReason.STOP_STRING);
        }
    }

    @Test
    void aTextWithoutTheWordIsNamed() {
        assertThatThrownBy(
                        () ->
                                scope(0).sweep()
                                        .sameLayers(Layers.all())
                                        .sourcePrompts(DIANA, "a cat")
                                        .run())
                .isInstanceOf(PositionException.class)
                .hasMessageStartingWith("source prompt 2 of 2, \"a cat\": ")
                .hasMessageContaining("Wales");
        assertThatThrownBy(
                        () ->
                                scope(0).sweep()
                                        .sameLayers(Layers.all())
                                        .targetPrompts(TELL, TargetPrompt.of("Of Zoe", "Zoe"))
                                        .run())
                .isInstanceOf(PositionException.class)
                .hasMessageStartingWith("target prompt 2 of 2, \"Of Zoe\": placeholder \"Zoe\" is");
    }

    @Test
    void theTargetPositionOutranksPlaceholders() {
        PatchscopeSweep sweep = scope(0).sweep().sameLayers(Layers.all());

        assertThat(
                        sweep.targetPrompts(TELL)
                                .targetPosition(Positions.last())
                                .run()
                                .get(0)
                                .provenance()
                                .target()
                                .position())
                .isEqualTo(model.tokenize(TELL.text()).length() - 1);
        assertThat(sweep.targetPosition(Positions.at(0)).run().get(0).provenance().target())
                .isEqualTo(parts(0).targetPosition(Positions.at(0)).build().target());
        assertThat(
                        sweep.targetPrompts("Tell of x", "cat")
                                .run()
                                .get(1)
                                .provenance()
                                .target()
                                .position())
                .isEqualTo(model.tokenize("cat").length() - 1);
    }

    @Test
    void aTableSaysWhereEachRowComesFrom() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            ImmutableList<LayerGrid> grids =
                    scope(0).sweep()
                            .layers(Layers.at(1, 2), Layers.at(0))
                            .sourcePrompts(DIANA, CAT)
                            .targetPrompts(TELL)
                            .run();
            List<String> lines = LayerGrid.toCsv(grids).lines().toList();

            assertThat(lines).hasSize(5);
            assertThat(lines.get(0))
                    .isEqualTo(
                            "source_model,source_prompt,source_position,source_token,mapping,target_model,target_prompt,target_position,target_token,source_layer,target_layer,token,probability,generated,unpatched_token,unpatched_probability,unpatched_generated");
            assertThat(lines.get(3))
                    .matches(
                            "\"llama_gqa_llama3\",\"of Wales, a cat\",\\d,\" Wales\",\"identity\",\"llama_gqa_llama3\",\"Tell of x, \"\"now\"\"\",5,\" x\",1,0,\"[^,]+\",0\\.\\d+,\"\",\"[^,]+\",0\\.\\d+,\"\"");
            assertThat(lines.get(4)).contains("\" x\",2,0,");
            // the shorter table of one grid is the middle of the longer one
            assertThat(lines.get(2)).contains(grids.get(0).toCsv().lines().toList().get(2));
            assertThat(grids.get(1).toString().lines().findFirst().orElseThrow())
                    .matches(
                            "l \\\\ l\\*  \\d \" Wales\" in llama_gqa_llama3 -> identity -> 5 \" x\" in llama_gqa_llama3");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void gridsComeBackFromJsonUnchanged() {
        PatchscopeSweep sweep = scope(5).sweep().layers(Layers.all(), Layers.at(0, 2));
        for (Reading reading :
                List.of(Reading.top(3), Reading.probabilitiesOf(4, 9), Reading.logitsOf(1, 2))) {
            LayerGrid grid = sweep.reading(reading).run().get(0);
            assertThat(LayerGrid.fromJson(grid.toJson())).isEqualTo(grid);
        }
        LayerGrid short0 = scope(0).sweep(Layers.at(1), Layers.at(0, 2));
        assertThat(LayerGrid.fromJson(short0.toJson())).isEqualTo(short0);
        String json =
                sweep.reading(Reading.probabilitiesOf(4))
                        .run()
                        .get(0)
                        .toJson()
                        .replace("\"sha256\"", "\"seal\"");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                LayerGrid.fromJson(
                                        json.replaceFirst(
                                                "\"probabilities\": \\[[^\\]]*\\]",
                                                "\"probabilities\": [\"much\"]")))
                .withMessage("unpatched.probabilities[0] is \"much\", expected a number");
    }

    private static String text(Generation generation) {
        assertThat(generation.text()).isNotEmpty();
        return generation.text();
    }

    private static PatchscopeBuilder parts(int newTokens) {
        return Patchscope.on(model)
                .sourcePrompt(DIANA)
                .sourcePosition(Positions.lastTokenOf("Wales"))
                .sourceLayer(1)
                .targetPrompt(TELL)
                .targetLayer(2)
                .maxNewTokens(newTokens);
    }

    private static Patchscope scope(int newTokens) {
        return parts(newTokens).build();
    }
}
