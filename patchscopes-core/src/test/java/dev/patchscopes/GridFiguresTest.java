package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.RankedItem;
import dev.patchscopes.text.Positions;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Heat maps of grids, cell by cell against the grids. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GridFiguresTest {
    private static final String GAIN = "probability more than unpatched";
    private static final String CHANGE = "change of the unpatched answer";

    private HookedModel model;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private PatchscopeSweep sweep(int newTokens) {
        return Patchscope.on(model)
                .sourcePrompt("Marie Curie")
                .sourcePosition(Positions.last())
                .sourceLayer(1)
                .targetPrompt(TargetPrompt.entityDescription())
                .targetLayer(1)
                .maxNewTokens(newTokens)
                .build()
                .sweep()
                .layers(Layers.at(0, 2, 3), Layers.at(1, 2));
    }

    private LayerGrid grid(Reading reading) {
        return sweep(0).reading(reading).run().get(0);
    }

    private static List<String> names(Heatmap heatmap) {
        return heatmap.measures().stream().map(Measure::name).toList();
    }

    private static double value(Heatmap heatmap, String measure, int row, int column) {
        assertThat(names(heatmap)).contains(measure);
        return heatmap.at(row, column).value(names(heatmap).indexOf(measure));
    }

    private static void assertMeasure(
            LayerGrid grid,
            Heatmap heatmap,
            String measure,
            ToDoubleBiFunction<CellResult, CellResult> expected) {
        List<Integer> from = List.of(0, 2, 3);
        List<Integer> to = List.of(1, 2);
        for (int row = 0; row < from.size(); row++) {
            for (int column = 0; column < to.size(); column++) {
                assertThat(value(heatmap, measure, row, column))
                        .as("%s of %s -> %s", measure, from.get(row), to.get(column))
                        .isEqualTo(
                                Double.valueOf(
                                        expected.applyAsDouble(
                                                grid.at(from.get(row), to.get(column)),
                                                grid.unpatched()))); // NaN equals NaN when boxed
            }
        }
    }

    private static double inTop(CellResult cell, int id) {
        return cell.top().stream()
                .filter(t -> t.id() == id)
                .mapToDouble(TokenProbability::probability)
                .findFirst()
                .orElse(Double.NaN);
    }

    @Test
    void rowsAreSourceLayersAndColumnsTargetLayers() {
        LayerGrid grid = grid(Reading.top(3));
        Heatmap heatmap = grid.heatmap();
        assertThat(heatmap.rows().labels()).containsExactly("0", "2", "3");
        assertThat(heatmap.columns().labels()).containsExactly("1", "2");
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 2; column++) {
                CellResult result = grid.at(List.of(0, 2, 3).get(row), column + 1);
                HeatCell cell = heatmap.at(row, column);
                assertThat(cell.text()).isEqualTo(result.top().get(0).piece());
                assertThat(cell.ranking()).isEqualTo(RankedItem.of(result.top())).hasSize(3);
            }
        }
        assertMeasure(grid, heatmap, "probability", (c, none) -> c.top().get(0).probability());
        assertThat(heatmap.title()).contains("Curie", "Marie");
        assertThat(heatmap.caption())
                .contains(
                        "Marie Curie",
                        model.name(),
                        "identity",
                        grid.unpatched().top().get(0).toString());
    }

    @Test
    void whatTopTokensDoNotTellIsMissing() {
        LayerGrid grid = grid(Reading.top(2));
        Heatmap heatmap = grid.heatmap();
        assertMeasure(
                grid,
                heatmap,
                GAIN,
                (c, none) -> c.top().get(0).probability() - inTop(none, c.top().get(0).id()));
        assertMeasure(
                grid,
                heatmap,
                CHANGE,
                (c, none) -> inTop(c, none.top().get(0).id()) - none.top().get(0).probability());
        assertThat(heatmap.cells().stream().flatMap(List::stream).map(c -> c.value(1)))
                .anyMatch(v -> v.isNaN());
    }

    @Test
    void distributionsTellEverything() {
        LayerGrid grid = grid(Reading.top(1).withDistribution());
        Heatmap heatmap = grid.heatmap();
        assertMeasure(
                grid,
                heatmap,
                GAIN,
                (c, none) ->
                        c.distribution().orElseThrow().probability(c.top().get(0).id())
                                - none.distribution()
                                        .orElseThrow()
                                        .probability(c.top().get(0).id()));
        assertMeasure(
                grid,
                heatmap,
                CHANGE,
                (c, none) ->
                        c.distribution().orElseThrow().probability(none.top().get(0).id())
                                - none.distribution()
                                        .orElseThrow()
                                        .probability(none.top().get(0).id()));
        assertMeasure(
                grid, heatmap, "entropy", (c, none) -> c.distribution().orElseThrow().entropy());
        // JSON keeps no distributions: their measures go, and nothing turns into 0
        Heatmap kept = LayerGrid.fromJson(grid.toJson()).heatmap();
        assertThat(names(kept)).containsExactly("probability", GAIN, CHANGE);
    }

    @Test
    void tokensAskedForAreMeasures() {
        int a = model.tokenizer().tokenize(" Polish", false).ids().get(0);
        int b = model.tokenizer().tokenize(" chemist", false).ids().get(0);
        LayerGrid grid = grid(Reading.probabilitiesOf(a, b));
        assertMeasure(
                grid,
                grid.heatmap(),
                "probability of asked token 2",
                (c, none) -> c.probabilities().get(1));
        Heatmap named = grid.heatmap(List.of(" Polish", " chemist"));
        assertMeasure(
                grid, named, "probability of \" Polish\"", (c, none) -> c.probabilities().get(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> grid.heatmap(List.of("one")))
                .withMessage("1 names [one] for the 2 tokens that were asked for: give one each");

        LayerGrid logits = grid(Reading.logitsOf(a, b));
        Heatmap heatmap = logits.heatmap();
        assertThat(names(heatmap))
                .containsExactly("logit of asked token 1", "logit of asked token 2");
        assertMeasure(logits, heatmap, "logit of asked token 1", (c, none) -> c.logits().get(0));
        assertThat(heatmap.at(0, 0).text()).isEmpty();
    }

    @Test
    void residualsShowHowFarTheyMoved() {
        LayerGrid grid = grid(Reading.lastResidual());
        Heatmap heatmap = grid.heatmap();
        for (int row = 0; row < 3; row++) {
            double[] h = grid.at(List.of(0, 2, 3).get(row), 2).residual().toArray();
            double[] none = grid.unpatched().residual().toArray();
            double squares = 0;
            double moved = 0;
            for (int i = 0; i < h.length; i++) {
                squares += h[i] * h[i];
                moved += (h[i] - none[i]) * (h[i] - none[i]);
            }
            assertThat(value(heatmap, "length of the last residual", row, 1))
                    .isCloseTo(Math.sqrt(squares), within(1e-9));
            assertThat(value(heatmap, "distance from the unpatched residual", row, 1))
                    .isCloseTo(Math.sqrt(moved), within(1e-9))
                    .isPositive();
        }
    }

    @Test
    void generatedTextStandsInTheCells() {
        LayerGrid grid = sweep(4).run().get(0);
        Heatmap heatmap = grid.heatmap();
        for (int row = 0; row < 3; row++) {
            String text = grid.at(List.of(0, 2, 3).get(row), 2).generation().orElseThrow().text();
            assertThat(text).isNotBlank();
            assertThat(heatmap.at(row, 1).text()).isEqualTo(text);
            assertThat(heatmap.at(row, 1).ranking()).hasSize(5);
        }
        assertThat(names(heatmap).get(0)).isEqualTo("probability of the text, per token");
        assertMeasure(
                grid,
                heatmap,
                "probability of the text, per token",
                (c, none) -> {
                    List<TokenProbability> tokens = c.generation().orElseThrow().tokens();
                    double product = 1;
                    for (TokenProbability token : tokens) {
                        product *= token.probability();
                    }
                    return Math.pow(product, 1. / tokens.size());
                });
        assertThat(heatmap.caption()).contains(grid.unpatched().generation().orElseThrow().text());
        assertThat(grid.page().blocks()).first().isEqualTo(heatmap);
    }

    @Test
    void cellsThatWereNotSweptAreEmpty() {
        LayerGrid grid = grid(Reading.top(1));
        LayerGrid holes =
                new LayerGrid(grid.provenance(), grid.cells().subList(0, 5), grid.unpatched());
        assertThat(holes.heatmap().at(2, 1)).isEqualTo(HeatCell.empty());
        assertThat(holes.heatmap().at(2, 0)).isEqualTo(grid.heatmap().at(2, 0));
    }

    @Test
    void equalLayersStandInColumns() {
        List<LayerGrid> grids =
                sweep(0).sameLayers(Layers.at(0, 2, 3))
                        .sourcePositions(Positions.at(1), Positions.last())
                        .run();
        Heatmap one = grids.get(1).heatmap();
        assertThat(one.rows().labels()).containsExactly("0", "2", "3");
        assertThat(one.columns().size()).isEqualTo(1);
        assertThat(one.at(1, 0).text()).isEqualTo(grids.get(1).at(2, 2).top().get(0).piece());

        Heatmap both = (Heatmap) LayerGrid.page(grids).blocks().get(0);
        assertThat(both.columns().labels())
                .containsExactlyElementsOf(
                        grids.stream()
                                .map(g -> g.provenance().source())
                                .map(p -> p.prompt().token(p.position()).piece())
                                .toList());
        for (int column = 0; column < 2; column++) {
            for (int row = 0; row < 3; row++) {
                assertThat(both.at(row, column)).isEqualTo(grids.get(column).heatmap().at(row, 0));
            }
        }
    }

    @Test
    void manyGridsStandBelowEachOtherByWhatTheyDoNotShare() {
        List<LayerGrid> grids =
                sweep(0).sourcePrompts("Marie Curie", "Albert Einstein")
                        .mappings(Mapping.identity(), Mapping.of("half", h -> half(h)))
                        .run();
        Page page = LayerGrid.page(grids);
        for (int i = 0; i < 4; i++) {
            assertThat(page.blocks().get(2 * i + 1)).isEqualTo(grids.get(i).heatmap());
        }
        assertThat(page.blocks().get(2).toString())
                .contains("Marie Curie", "half")
                .doesNotContain("into");
        assertThat(LayerGrid.page(grids.subList(0, 1))).isEqualTo(grids.get(0).page());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LayerGrid.page(List.of()))
                .withMessage("there are no grids to show: give at least one");
    }

    private static double[] half(double[] h) {
        double[] out = h.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] /= 2;
        }
        return out;
    }
}
