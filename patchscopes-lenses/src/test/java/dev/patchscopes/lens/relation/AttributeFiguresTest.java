package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.HookedModel;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.RankedItem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Heat maps of attribute readings, cell by cell against the readings. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttributeFiguresTest {
    private HookedModel model;
    private AttributeReading reading;

    @BeforeAll
    void read() {
        model = Capitals.exactModel();
        LinearRelation relation =
                LinearRelation.of(model)
                        .relation(Capitals.relation())
                        .examples(Capitals.pairs(3))
                        .layer(2)
                        .fit();
        reading =
                AttributeLens.of(model, relation)
                        .expecting("Tokyo")
                        .read("The currency of Japan is the");
    }

    @AfterAll
    void close() {
        model.close();
    }

    @Test
    void everyCellIsTheReadings() {
        Heatmap heatmap = reading.heatmap();
        assertThat(heatmap.columns().labels()).isEqualTo(reading.tokens());
        assertThat(heatmap.rows().labels())
                .containsExactlyElementsOf(
                        reading.layers().stream().map(Object::toString).toList());
        for (AttributeCell cell : reading.cells()) {
            HeatCell shown = heatmap.at(reading.layers().indexOf(cell.layer()), cell.position());
            assertThat(shown.text()).isEqualTo(cell.top().get(0).piece());
            assertThat(shown.value(0)).isEqualTo(cell.top().get(0).probability());
            assertThat(shown.value(1)).isEqualTo(place(cell.firstTokenPlace()));
            assertThat(shown.value(2)).isEqualTo(place(cell.prefixPlace()));
            assertThat(shown.ranking()).isEqualTo(RankedItem.of(cell.top()));
        }
        assertThat(reading.cells()).anyMatch(cell -> cell.firstTokenPlace() == 0);
        assertThat(heatmap.caption()).contains("Tokyo", model.name());
    }

    private static Double place(int place) {
        return place == 0 ? Double.NaN : Double.valueOf(place);
    }

    @Test
    void hitsAreMarkedByTheRule() {
        for (AnswerRule rule : AnswerRule.values()) {
            for (int k : new int[] {1, 5}) {
                Heatmap heatmap = reading.heatmap(rule, k);
                for (AttributeCell cell : reading.cells()) {
                    assertThat(
                                    heatmap.at(
                                                    reading.layers().indexOf(cell.layer()),
                                                    cell.position())
                                            .marked())
                            .isEqualTo(reading.hits(rule, k).contains(cell));
                }
            }
        }
        assertThat(reading.hits(AnswerRule.FIRST_TOKEN, 5)).isNotEmpty();
        assertThat(reading.heatmap()).isEqualTo(reading.heatmap(AnswerRule.FIRST_TOKEN, 1));
    }
}
