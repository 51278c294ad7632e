package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LayerGridTest {
    private HookedModel model;

    @BeforeAll
    void load() {
        model =
                HookedModel.loader(Path.of("src/test/resources/golden/gpt_neox_parallel"))
                        .computeType(ComputeType.FLOAT64)
                        .load();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private PatchscopeBuilder scope() {
        return Patchscope.on(model)
                .sourcePrompt(TokenizedPrompt.ofIds(5, 17, 90, 33, 61))
                .sourcePosition(Positions.at(3))
                .sourceLayer(1)
                .targetPrompt(TokenizedPrompt.ofIds(8, 8, 21, 44, 70, 12))
                .targetPosition(Positions.at(4))
                .targetLayer(1);
    }

    @Test
    void everyCellIsThePatchscopeAtItsLayers() {
        Patchscope scope = scope().maxNewTokens(4).build();
        LayerGrid grid = scope.sweep(Layers.all(), Layers.all());
        assertThat(grid.cells()).hasSize((model.layers() + 1) * (model.layers() + 1));
        for (int l = 0; l <= model.layers(); l++) {
            for (int to = 0; to <= model.layers(); to++) {
                PatchscopeResult one = scope.atLayers(l, to).run();
                CellResult cell = grid.at(l, to);
                assertThat(cell.top().get(0).id()).isEqualTo(one.next().argMax());
                assertThat(cell.top().get(0).probability())
                        .isCloseTo(one.topTokens(1).get(0).probability(), within(1e-12));
                assertThat(cell.generation().orElseThrow().ids())
                        .isEqualTo(one.patched().generation().ids());
                assertThat(grid.unpatched().generation().orElseThrow().ids())
                        .isEqualTo(one.unpatched().generation().ids());
            }
        }
    }

    @Test
    void sameLayersAreTheDiagonal() {
        Patchscope scope = scope().maxNewTokens(0).build();
        LayerGrid diagonal = scope.sweepSameLayer(Layers.range(1, 2));
        LayerGrid grid = scope.sweep(Layers.all(), Layers.all());
        assertThat(diagonal.cells()).hasSize(2);
        assertThat(diagonal.at(2, 2).top().get(0).probability())
                .isCloseTo(grid.at(2, 2).top().get(0).probability(), within(1e-12));
        assertThatThrownBy(() -> diagonal.at(1, 2))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage(
                        "layers 1 -> 2 were not swept: this grid has 2 cells from 1 -> 1 to 2 -> 2");
    }

    @Test
    void printsAndExports() {
        LayerGrid grid = scope().maxNewTokens(0).build().sweep(Layers.at(0, 2), Layers.at(1));
        assertThat(grid.toCsv().lines())
                .hasSize(3)
                .first()
                .isEqualTo("source_layer,target_layer,token,probability,generated");
        assertThat(grid.toCsv().lines().skip(2).findFirst().orElseThrow()).startsWith("2,1,\"#");
        assertThat(grid.toString().lines()).hasSize(3);
    }

    @Test
    void refusesToSample() {
        Patchscope scope = scope().maxNewTokens(3).sampling(Sampling.temperature(1, 7)).build();
        assertThatThrownBy(() -> scope.sweep(Layers.all(), Layers.all()))
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("generates greedily");
    }
}
