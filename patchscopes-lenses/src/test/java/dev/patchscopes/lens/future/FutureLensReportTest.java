package dev.patchscopes.lens.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.Layers;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.model.HookedModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What reports tell of where they come from. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FutureLensReportTest {
    private static final TextCorpus TEXTS = FutureLensEvaluationTest.TEXTS;

    private HookedModel model;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
    }

    @AfterAll
    void close() {
        model.close();
    }

    @Test
    void aReportDescribesItsPredictors() {
        LinearFutureLens lens =
                FutureLens.linear(model)
                        .on(TEXTS)
                        .layers(Layers.at(2))
                        .ahead(0)
                        .penalties(1e-3)
                        .fit()
                        .named("mine");
        FutureLens prompt = FutureLens.fixedPrompt(model, FuturePrompts.first()).named("yours");
        FutureLensReport report =
                FutureLensEvaluation.of(model)
                        .predictors(lens, prompt)
                        .on(TEXTS)
                        .layers(Layers.at(2))
                        .examples(2)
                        .run();
        assertThat(report.descriptions()).containsOnlyKeys("mine", "yours");
        assertThat(report.descriptions().get("mine"))
                .isEqualTo(lens.toString())
                .contains(lens.origin().orElseThrow().textsHash(), "seed 0", "{2=[0.001]}");
        assertThat(report.descriptions().get("yours"))
                .contains("yours", FuturePrompts.first().toString());
        assertThat(FutureLensReport.fromJson(report.toJson())).isEqualTo(report);
    }

    @Test
    void aReportTellsWhichTextsItIsOf() {
        FutureLensEvaluation evaluation =
                FutureLensEvaluation.of(model)
                        .predictors(FutureLensEvaluationTest.identity(model))
                        .positionsPerText(2)
                        .seed(3);
        FutureLensReport report = evaluation.on(TEXTS).run();
        assertThat(report.library()).isEqualTo(LibraryVersion.current());
        assertThat(report.model()).isEqualTo(ModelIdentity.of(model));
        assertThat(report.positionsPerText()).isEqualTo(2);
        assertThat(report.seed()).isEqualTo(3);
        assertThat(evaluation.on(TEXTS).run().textsHash()).isEqualTo(report.textsHash());
        TokensDigest all = new TokensDigest();
        TEXTS.documents().stream().forEach(d -> all.add(model.tokenize(d.text()).ids()));
        assertThat(report.textsHash()).isEqualTo(all.finish());
        FutureLensReport first = evaluation.on(TEXTS.first(3)).run();
        assertThat(first.textsHash()).isNotEqualTo(report.textsHash());
        // texts that no position was taken of are not among them
        assertThat(evaluation.on(TEXTS).examples(6).run().textsHash()).isEqualTo(first.textsHash());
        assertThat(FutureLensReport.fromJson(first.toJson())).isEqualTo(first);
        assertThatThrownBy(
                        () ->
                                FutureLensReport.fromJson(
                                        first.toJson()
                                                .replace("\"sha256\"", "\"seal\"")
                                                .replace("textsHash", "somethingElse")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("textsHash");
    }
}
