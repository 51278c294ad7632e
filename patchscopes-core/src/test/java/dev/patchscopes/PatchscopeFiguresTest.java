package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.HookedModel;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import dev.patchscopes.text.Positions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Pictures of single patchscopes against their results. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PatchscopeFiguresTest {
    private HookedModel model;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private PatchscopeResult result(int newTokens) {
        return Patchscope.on(model)
                .sourcePrompt("Marie Curie")
                .sourcePosition(Positions.last())
                .sourceLayer(2)
                .targetPrompt(TargetPrompt.entityDescription())
                .targetLayer(2)
                .maxNewTokens(newTokens)
                .build()
                .run();
    }

    @Test
    void theChartShowsTheRelevanceOfEachToken() {
        PatchscopeResult result = result(5);
        BarChart chart = result.chart();
        assertThat(chart.categories())
                .containsExactlyElementsOf(
                        result.relevance().stream().map(TokenRelevance::piece).toList())
                .hasSize(5);
        assertThat(chart.series()).hasSize(1);
        assertThat(chart.series().get(0).values())
                .containsExactlyElementsOf(
                        result.relevance().stream()
                                .map(t -> Measured.of(t.patched() - t.unpatched()))
                                .toList());
        double least =
                result.relevance().stream().mapToDouble(TokenRelevance::relevance).min().orElseThrow();
        assertThat(chart.low().orElseThrow()).isEqualTo(Math.min(0, least));
        assertThat(chart.high().orElseThrow()).isEqualTo(1);
    }

    @Test
    void thePageHoldsBothAnswersSideBySide() {
        PatchscopeResult result = result(5);
        Page page = result.page();
        assertThat(page).isEqualTo(result.toRecord().page());
        assertThat(page.blocks()).contains(result.chart());
        Table next = (Table) page.blocks().get(1);
        assertThat(next.rows()).hasSize(10);
        for (int i = 0; i < 10; i++) {
            assertThat(next.rows().get(i).get(2))
                    .isEqualTo(TableCell.of(result.topTokens(10).get(i).probability()));
            assertThat(next.rows().get(i).get(1).shown())
                    .contains(result.topTokens(10).get(i).piece().strip());
            assertThat(next.rows().get(i).get(4))
                    .isEqualTo(
                            TableCell.of(
                                    result.unpatched().next().top(10).get(i).probability()));
        }
        assertThat(page.blocks().get(0).toString())
                .contains(result.text().strip(), result.unpatched().text().strip());
    }

    @Test
    void withoutGenerationThereIsNoChart() {
        assertThat(result(0).page().blocks()).hasSize(2).noneMatch(b -> b instanceof BarChart);
    }
}
