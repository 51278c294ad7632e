package dev.patchscopes.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.RankedItem;
import dev.patchscopes.report.Spacing;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Token;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Heat maps of readings, cell by cell against the readings. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LensFiguresTest {
    private static final String PROMPT = "The capital of France is";

    private HookedModel model;
    private Lens lens;
    private LensReading reading;
    private Heatmap heatmap;

    @BeforeAll
    void read() {
        model = HookedModel.demoSmall();
        lens = LogitLens.of(model);
        reading = lens.read(PROMPT);
        heatmap = reading.heatmap();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private static double value(Heatmap heatmap, String measure, int row, int column) {
        List<String> names = heatmap.measures().stream().map(Measure::name).toList();
        assertThat(names).contains(measure);
        return heatmap.at(row, column).value(names.indexOf(measure));
    }

    @Test
    void axesAreLayersAndThePromptsTokens() {
        assertThat(heatmap.rows().labels())
                .hasSize(model.layers() + 1)
                .startsWith("0", "1")
                .endsWith(Integer.toString(model.layers()));
        assertThat(heatmap.columns().labels())
                .containsExactlyElementsOf(
                        reading.prompt().tokens().stream().map(Token::piece).toList());
        assertThat(heatmap.title()).contains("logit lens", PROMPT);
        assertThat(heatmap.caption()).contains(model.name());
        assertThat(reading.page().blocks()).containsExactly(heatmap);
    }

    @Test
    void spacesOfTokensAreSeenInText() {
        assertThat(reading.toString().lines().skip(1).findFirst().orElseThrow())
                .matches("layer  .*·capital +·of +·France +·is");
    }

    @Test
    void everyNumberIsTheReadings() {
        int last = reading.prompt().length() - 1;
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int position = 0; position <= last; position++) {
                StateReading cell = reading.at(layer, position);
                HeatCell shown = heatmap.at(layer, position);
                assertThat(shown.text()).isEqualTo(cell.prediction().piece());
                assertThat(shown.ranking()).isEqualTo(RankedItem.of(cell.top()));
                assertThat(value(heatmap, "probability", layer, position))
                        .isEqualTo(cell.prediction().probability());
                assertThat(value(heatmap, "entropy", layer, position)).isEqualTo(cell.entropy());
                assertThat(value(heatmap, "KL divergence", layer, position))
                        .isEqualTo(cell.divergence());
                assertThat(value(heatmap, "surprisal under the model", layer, position))
                        .isEqualTo(cell.surprisalUnderFinal());
                assertThat(value(heatmap, "probability of the model's prediction", layer, position))
                        .isEqualTo(cell.finalPrediction().probability());
                assertThat(value(heatmap, "rank of the model's prediction", layer, position))
                        .isEqualTo(cell.finalPrediction().rank() + 1.0);
                if (position < last) {
                    TokenScore next = cell.next().orElseThrow();
                    assertThat(value(heatmap, "probability of the next token", layer, position))
                            .isEqualTo(next.probability());
                    assertThat(value(heatmap, "rank of the next token", layer, position))
                            .isEqualTo(next.rank() + 1.0);
                    assertThat(shown.note()).contains(next.piece().strip());
                } else {
                    assertThat(value(heatmap, "probability of the next token", layer, position))
                            .isNaN();
                    assertThat(value(heatmap, "rank of the next token", layer, position)).isNaN();
                }
            }
        }
    }

    @Test
    void cellsThatSayWhatTheModelPredictsAreMarked() {
        StateReading end = reading.at(model.layers(), 2);
        for (int layer = 0; layer <= model.layers(); layer++) {
            assertThat(heatmap.at(layer, 2).marked())
                    .isEqualTo(reading.at(layer, 2).prediction().id() == end.prediction().id());
        }
        assertThat(heatmap.cells().get(model.layers())).allMatch(HeatCell::marked);
        assertThat(heatmap.cells().stream().flatMap(List::stream)).anyMatch(c -> !c.marked());
    }

    @Test
    void ranksAreOnALogarithmicScaleFromOne() {
        assertThat(heatmap.measures())
                .filteredOn(m -> m.name().startsWith("rank"))
                .hasSize(2)
                .allSatisfy(
                        m -> {
                            assertThat(m.spacing()).isEqualTo(Spacing.LOGARITHMIC);
                            assertThat(m.low()).hasValue(1);
                        });
    }

    @Test
    void tokensAskedForAndChosenPlacesAreShown() {
        int paris = model.tokenizer().tokenize(" Paris", false).ids().get(0);
        LensReading some =
                lens.reader()
                        .layers(Layers.at(1, 3))
                        .positions(Positions.at(2, 4))
                        .tokens(paris)
                        .read(PROMPT);
        Heatmap shown = some.heatmap();
        assertThat(shown.rows().labels()).containsExactly("1", "3");
        assertThat(shown.columns().labels())
                .containsExactly(some.prompt().token(2).piece(), some.prompt().token(4).piece());
        TokenScore score = some.at(3, 4).tokens().get(0);
        String name = "\"" + score.piece() + "\"";
        assertThat(value(shown, "probability of " + name, 1, 1)).isEqualTo(score.probability());
        assertThat(value(shown, "rank of " + name, 1, 1)).isEqualTo(score.rank() + 1.0);
    }

    @Test
    void aTokenAskedForTwiceIsShownOnce() {
        int paris =
                reading.at(reading.points().size() - 1, reading.prompt().length() - 1)
                        .prediction()
                        .id();
        Heatmap heatmap = lens.reader().tokens(paris, 7, paris).read(PROMPT).heatmap();

        assertThat(heatmap.measures().stream().map(Measure::name))
                .doesNotHaveDuplicates()
                .hasSize(12);
        assertThat(heatmap.at(2, 3).values().length()).isEqualTo(12);
    }

    @Test
    void aDifferenceIsThatOfItsCells() {
        LensReading other = TokenIdentityLens.of(model).read(PROMPT);
        Heatmap difference = reading.minus(other);
        for (int layer = 0; layer <= model.layers(); layer++) {
            for (int position = 0; position < reading.prompt().length(); position++) {
                StateReading mine = reading.at(layer, position);
                StateReading theirs = other.at(layer, position);
                assertThat(value(difference, "difference of entropy", layer, position))
                        .isEqualTo(mine.entropy() - theirs.entropy());
                assertThat(
                                value(
                                        difference,
                                        "log10 ratio of rank of the model's prediction",
                                        layer,
                                        position))
                        .isCloseTo(
                                Math.log10(
                                        (mine.finalPrediction().rank() + 1.0)
                                                / (theirs.finalPrediction().rank() + 1.0)),
                                within(1e-12));
                assertThat(difference.at(layer, position).marked())
                        .isEqualTo(heatmap.at(layer, position).marked());
            }
        }
        assertThat(difference.title())
                .isEqualTo("logit lens less token identity of \"%s\"".formatted(PROMPT));
        Heatmap prompts = lens.read("The capital of Italy is").minus(reading);
        assertThat(prompts.columns().labels())
                .contains(" is")
                .anyMatch(label -> label.contains("France") && label.endsWith("Italy"));
        assertThat(prompts.title())
                .isEqualTo(
                        "logit lens of \"The capital of Italy is\" less that of \"%s\""
                                .formatted(PROMPT));
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        assertRefused(lens.reader().layers(Layers.at(1)).read(PROMPT), "read the same layers");
        assertRefused(
                lens.read("The capital of France is the"),
                "one reading has %d positions, the other %d: read as many tokens of both prompts"
                        .formatted(reading.prompt().length(), reading.prompt().length() + 1));
        assertRefused(lens.reader().tokens(7).read(PROMPT), "ask for the same");
        LensReading third = lens.reader().positions(Positions.at(3)).read(PROMPT);
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> lens.reader().positions(Positions.at(2)).read(PROMPT).minus(third))
                .withMessageContaining("positions [2], the other [3] of the same prompt");
        assertRefused(
                TokenIdentityLens.of(model).read("The capital of Italy is"),
                "readings of another lens and another prompt would differ for 2 reasons at once");
    }

    private void assertRefused(LensReading other, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reading.minus(other))
                .withMessageContaining(message);
    }

    @Test
    void aReadingWithoutCellsCanBeShown() {
        LensReading none =
                new LensReading(
                        reading.library(),
                        reading.lens(),
                        reading.model(),
                        reading.prompt(),
                        ImmutableList.of(),
                        reading.positions(),
                        ImmutableList.of());
        assertThat(none.heatmap().cells()).isEmpty();
    }
}
