package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.Mapping;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Descriptions of names, with a model that has a tokenizer. */
class EntityDescriptionTest {

    private static HookedModel model;
    private static EntityDescription descriptions;

    @BeforeAll
    static void load() {
        model = TraceModels.exact(DemoModel.SMALL);
        descriptions = EntityDescription.of(model).maxNewTokens(6);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void everyCellIsAPatchscope() {
        EntityDescription grid =
                descriptions.layers(Layers.everyNth(2), Layers.at(0, 1)).source("I met {} once");
        DescribedEntity entity = grid.describe("New Zealand", "Japan").of("New Zealand");
        assertThat(entity.patched()).hasSizeGreaterThanOrEqualTo(4);
        for (Description cell : entity.patched()) {
            PatchscopeResult alone =
                    grid.asPatchscope("New Zealand", cell.sourceLayer(), cell.targetLayer()).run();
            assertThat(cell.text()).isEqualTo(alone.patched().generation().text());
            assertThat(cell.said().first().patched())
                    .isCloseTo(
                            alone.patched().next().probability(cell.said().first().id()),
                            within(1e-9));
            assertThat(cell.said().first().unpatched())
                    .isCloseTo(
                            alone.unpatched().next().probability(cell.said().first().id()),
                            within(1e-9));
        }
    }

    @Test
    void readsTheLastTokenOfTheName() {
        DescribedEntity entity =
                descriptions
                        .layers(Layers.at(1))
                        .source("I met {} once")
                        .describe("New Zealand")
                        .of("New Zealand");
        String before = String.join("", entity.tokens().subList(0, entity.position() + 1));
        assertThat(before).endsWith("Zealand");
        assertThat(entity.tokens()).hasSizeGreaterThan(entity.position() + 1);
    }

    @Test
    void controlsArePlainGenerations() {
        EntityReport report = descriptions.layers(Layers.at(1)).describe("Japan");
        assertThat(report.unpatched().text())
                .isEqualTo(generated(TargetPrompt.entityDescription().text()));
        String prompt = TargetPrompt.entityDescription().text();
        assertThat(report.of("Japan").direct().text())
                .isEqualTo(generated(prompt.substring(0, prompt.length() - 1) + "Japan"));
        assertThat(report.unpatched().first().relevance()).isCloseTo(0, within(1e-9));
    }

    private static String generated(String prompt) {
        Generation g = model.generation(prompt).maxNewTokens(6).stopAt(",", "\n").run().first();
        return g.text();
    }

    @Test
    void stopsWhereItIsTold() {
        EntityDescription d = descriptions.layers(Layers.at(0));
        String comma = d.maxNewTokens(20).describe("Japan").of("Japan").direct().text();
        String all = d.maxNewTokens(20).stopAt().describe("Japan").of("Japan").direct().text();
        assertThat(comma).doesNotContain(",", "\n");
        assertThat(all).startsWith(comma).hasSizeGreaterThan(comma.length());
    }

    @Test
    void batchesAndAloneAgree() {
        EntityReport both = descriptions.describe("Japan", "New Zealand");
        EntityReport alone = descriptions.describe("New Zealand");
        List<Description> a = both.entities().get(1).patched();
        List<Description> b = alone.entities().get(0).patched();
        assertThat(a.stream().map(Description::text).toList())
                .isEqualTo(b.stream().map(Description::text).toList());
        assertThat(a).hasSize(model.layers() + 1);
    }

    @Test
    void hidingAtTheEmbeddingHidesNothing() {
        EntityDescription d = descriptions.layers(Layers.at(1), Layers.at(0));
        assertThat(d.hidingPlaceholder().describe("Japan").entities())
                .isEqualTo(d.describe("Japan").entities());
    }

    @Test
    void goesThroughJsonAndCsv() {
        EntityEvaluation e =
                descriptions
                        .layers(Layers.at(0, 2))
                        .hidingPlaceholder()
                        .evaluate(
                                List.of(
                                        new EntityReference(
                                                "Japan",
                                                "Country, in East Asia",
                                                ImmutableList.of("country"),
                                                Optional.of(2.5)),
                                        new EntityReference(
                                                "Peru",
                                                "Country",
                                                ImmutableList.of(),
                                                Optional.empty())));
        assertThat(EntityEvaluation.fromJson(e.toJson())).isEqualTo(e);
        assertThat(EntityReport.fromJson(e.report().toJson())).isEqualTo(e.report());
        assertThat(e.report().provenance().hiding()).isTrue();
        // a header, the placeholder; of each entity the direct text, and two layers twice
        assertThat(e.report().toCsv().lines()).hasSize(2 + 2 * (1 + 4));
        assertThat(e.toCsv().lines()).hasSize(1 + 2 + 4);
        assertThat(e.toCsv()).contains("\npatched,2,2,").contains("\nplaceholder,,,");
        assertThat(e.toString()).contains("placeholder hidden", "2 -> 2", "Rouge-L");
        assertThat(e.report().toString()).contains("Japan (by name: ", "0 ->  0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntityReport.fromJson("{}"))
                .withMessageContaining("provenance");
    }

    @Test
    void theListenerHearsAndStops() {
        long[] last = new long[2];
        descriptions
                .layers(Layers.at(0, 1))
                .progress(
                        new Progress() {
                            @Override
                            public void update(long done, long total, Duration elapsed) {
                                last[0] = done;
                                last[1] = total;
                            }
                        })
                .describe("Japan", "Peru");
        assertThat(last).containsExactly(7, 7); // two layers and the name, twice; the prompt
        Progress stopped =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        return true;
                    }
                };
        assertThatThrownBy(() -> descriptions.progress(stopped).describe("Japan"))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void saysWhatIsWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(descriptions::describe)
                .withMessageContaining("at least one name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> descriptions.describe(" "))
                .withMessageContaining("blank");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> descriptions.source("no place"))
                .withMessageContaining("{}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> descriptions.target(TargetPrompt.of("no placeholder")))
                .withMessageContaining("placeholder");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> descriptions.maxNewTokens(0))
                .withMessageContaining("maxNewTokens 0");
        assertThatThrownBy(() -> descriptions.layers(Layers.at(99)).describe("Japan"))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("99");
        assertThatThrownBy(() -> descriptions.hidingPlaceholder().asPatchscope("Japan", 1, 1))
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("cuts no attention");
        Mapping narrow = Mapping.of("narrow", h -> new double[3]);
        assertThatThrownBy(() -> descriptions.mapping(narrow).describe("Japan"))
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("\"narrow\"")
                .hasMessageContaining("3 values");
        Mapping nan = Mapping.of("nan", h -> DoubleStream.of(h).map(v -> Double.NaN).toArray());
        assertThatThrownBy(() -> descriptions.mapping(nan).describe("Japan"))
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("NaN");
        EntityReport report = descriptions.layers(Layers.at(1)).describe("Japan");
        assertThatThrownBy(() -> report.of("Peru"))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessageContaining("those were: Japan");
        assertThatThrownBy(() -> report.of("Japan").at(1, 2))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("those were: 1 -> 1");
    }
}
