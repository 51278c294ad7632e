package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttributeLensTest {
    private static final int LAYER = 2;

    private HookedModel model;
    private LinearRelation lre;
    private RelationPrompt prompt;
    private AttributeReading reading;

    @BeforeAll
    void read() {
        model = Capitals.exactModel();
        lre =
                LinearRelation.of(model)
                        .relation(Capitals.relation())
                        .examples(Capitals.pairs(2))
                        .layer(LAYER)
                        .fit();
        prompt = lre.context().ask(model, "Japan");
        reading = AttributeLens.of(model, lre).expecting("Tokyo").read(prompt.tokens());
    }

    @AfterAll
    void close() {
        model.close();
    }

    @Test
    void theSubjectsCellIsThePrediction() {
        TokenDistribution predicted = lre.predict("Japan");
        AttributeCell cell = reading.at(LAYER, prompt.subjectPosition());
        for (int i = 0; i < 10; i++) {
            assertThat(cell.top().get(i).id()).isEqualTo(predicted.top(10).get(i).id());
            assertThat(cell.top().get(i).probability())
                    .isCloseTo(predicted.top(10).get(i).probability(), within(1e-9));
        }
    }

    @Test
    void everyCellIsTheMapOfItsState() {
        Activations run =
                model.run(prompt.tokens()).capture(HookPoint.residuals(model.layers())).execute();
        assertThat(reading.cells()).hasSize((model.layers() + 1) * prompt.tokens().length());
        for (AttributeCell cell : reading.cells()) {
            assertThat(reading.at(cell.layer(), cell.position())).isEqualTo(cell);
            TokenDistribution expected =
                    lre.read(
                            run.get(HookPoint.residual(cell.layer()))
                                    .vectorDoubles(0, cell.position()));
            assertThat(cell.top().get(0).id()).isEqualTo(expected.argMax());
        }
    }

    @Test
    void everyCellIsItsPatchscope() {
        TokenizedPrompt text = model.tokenize("The capital of Japan is");
        for (LinearRelation form : List.of(lre, lre.truncated(5))) {
            AttributeLens lens = AttributeLens.of(model, form).top(5);
            AttributeReading cells = lens.read(text);
            for (int layer = 0; layer <= model.layers(); layer++) {
                for (int position = 0; position < text.length(); position++) {
                    AttributeCell cell = cells.at(layer, position);
                    TokenDistribution next = lens.asPatchscope(text, layer, position).run().next();
                    for (int i = 0; i < 5; i++) {
                        assertThat(cell.top().get(i).id()).isEqualTo(next.top(5).get(i).id());
                        assertThat(cell.top().get(i).probability())
                                .as("layer %s, position %s", layer, position)
                                .isCloseTo(next.top(5).get(i).probability(), within(1e-9));
                    }
                }
            }
        }
        AttributeLens lens = AttributeLens.of(model, lre);
        assertThatThrownBy(() -> lens.asPatchscope(text, model.layers() + 1, 0))
                .isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(() -> lens.asPatchscope(text, 0, text.length()))
                .isInstanceOf(OutOfRangeException.class);
    }

    @Test
    void theModelsOwnAnswerStandsBesideIt() {
        assertThat(reading.next().get(0).id())
                .isEqualTo(model.run(prompt.tokens()).execute().next().argMax());
    }

    @Test
    void hitsAreTheCellsThatSayAnExpectedAnswer() {
        AttributeCell cell = reading.at(0, 3);
        String second =
                model.tokenizer().decode(ImmutableIntArray.of(cell.top().get(1).id())).strip();
        AttributeReading expecting =
                AttributeLens.of(model, lre)
                        .expecting(second.isEmpty() ? "x" : second)
                        .layers(Layers.at(0))
                        .read(prompt.tokens());
        assertThat(expecting.hits(AnswerRule.PREFIX, 2)).contains(expecting.at(0, 3));
        assertThat(expecting.hits(AnswerRule.PREFIX, 0)).isEmpty();
        assertThat(AttributeLens.of(model, lre).read("Japan").hits(AnswerRule.PREFIX, 10))
                .isEmpty();
    }

    @Test
    void layersAndDepthAreChosen() {
        AttributeReading some =
                AttributeLens.of(model, lre).layers(Layers.at(1, 4)).top(2).read("In Japan");
        assertThat(some.layers()).containsExactly(1, 4);
        assertThat(some.cells())
                .hasSize(2 * some.tokens().size())
                .allSatisfy(cell -> assertThat(cell.top()).hasSize(2));
        assertThatThrownBy(() -> some.at(2, 0))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("[1, 4]");
        assertThatThrownBy(() -> some.at(1, 99)).isInstanceOf(OutOfRangeException.class);
    }

    @Test
    void aReadingRoundTripsThroughJson() {
        assertThat(AttributeReading.fromJson(reading.toJson())).isEqualTo(reading);
        assertThat(reading.library()).isEqualTo(LibraryVersion.current());
        assertThat(reading.model()).isEqualTo(ModelIdentity.of(model));
        assertThatThrownBy(
                        () ->
                                AttributeReading.fromJson(
                                        reading.toJson()
                                                .replace("\"sha256\"", "\"seal\"")
                                                .replaceFirst("\"library\"", "\"other\"")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("library");
        // A token may be a line break, in quotes.
        assertThat(reading.toCsv().split("\n(?=\\d+,\\d+,)", -1))
                .hasSize(1 + reading.cells().size());
        assertThat(reading.toString()).contains("capital", "cells say Tokyo");
    }

    @Test
    void layersAreCountedAndTheReadingCanBeStopped() {
        List<Long> done = new ArrayList<>();
        AttributeLens.of(model, lre)
                .layers(Layers.at(0, 1, 2))
                .progress((part, total, elapsed) -> done.add(part))
                .read("Japan");
        assertThat(done).containsExactly(1L, 2L, 3L);
        assertThatThrownBy(
                        () -> AttributeLens.of(model, lre).progress(new StopAfter(0)).read("Japan"))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void aModelOfAnotherWidthIsRefused() {
        try (HookedModel other = HookedModel.demo()) {
            assertThatThrownBy(() -> AttributeLens.of(other, lre))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("width 128");
        }
    }
}
