package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Patchscopes on texts, and what is shown and kept of their results. */
class PatchscopeResultTest {

    @TempDir private static Path directory;
    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = SmallModels.withTokenizer("llama_gqa_llama3", directory); // context 512
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void theSourceIsFoundByItsWords() {
        PatchscopeResult result = describeDiana().build().run();

        assertThat(
                        result.provenance()
                                .source()
                                .prompt()
                                .token(result.provenance().source().position()))
                .hasToString("9 \" Wales\"");
        assertThat(result.vector().toArray())
                .containsExactly(
                        model.run("Princess of Wales!")
                                .capture(HookPoint.residual(2))
                                .execute()
                                .vectorDoubles(
                                        HookPoint.residual(2), Positions.lastTokenOf("Wales")));
    }

    @Test
    void thePlaceholderIsPatched() {
        Place target = describeDiana().build().target();

        assertThat(target.prompt().token(target.position()).piece()).isEqualTo(" x");
        assertThat(target.position()).isEqualTo(target.prompt().length() - 1);
        assertThat(
                        describeDiana()
                                .targetPrompt(TargetPrompt.of("Tell of x now", "x"))
                                .build()
                                .target()
                                .position())
                .isEqualTo(5);
        assertThat(
                        describeDiana()
                                .targetPrompt("Tell of x now")
                                .targetPosition(Positions.of("x"))
                                .build()
                                .target()
                                .position())
                .isEqualTo(5);
    }

    @Test
    void aPlaceholderOfSeveralTokensIsRefused() {
        assertThatThrownBy(
                        () ->
                                describeDiana()
                                        .targetPrompt(TargetPrompt.of("Of Zoe:", "Zoe"))
                                        .build())
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "placeholder \"Zoe\" is 3 tokens, and a patch replaces one: choose a placeholder that is one token, or a targetPosition(...). Tokens: 0 \"O\" 1 \"f\" 2 \" \" 3 \"Z\" 4 \"o\" 5 \"e\" 6 \":\"");
    }

    @Test
    void everyPresetFindsItsPlaceholder() {
        for (TargetPrompt preset :
                new TargetPrompt[] {
                    TargetPrompt.tokenIdentity(),
                    TargetPrompt.entityDescription(),
                    TargetPrompt.bare(),
                    TargetPrompt.featureExtraction("The capital city of")
                }) {
            Place target = describeDiana().targetPrompt(preset).build().target();

            assertThat(target.prompt().token(target.position()).piece().strip())
                    .isEqualTo(preset.placeholder().orElseThrow().of(preset.text()));
        }
    }

    @Test
    void textsAreTheGenerationsOfBothRuns() {
        PatchscopeResult result = describeDiana().build().run();
        Generation generation = result.patched().generation();

        assertThat(generation.ids().length()).isEqualTo(8);
        assertThat(result.text())
                .isNotEmpty()
                .isEqualTo(
                        model.tokenizer()
                                .decodeContinuation(
                                        result.provenance().target().prompt().ids(),
                                        generation.ids()));
        assertThat(result.unpatched().text())
                .isEqualTo(model.generate(TargetPrompt.entityDescription().text(), 8).text());
        assertThat(result.topTokens(3)).isEqualTo(result.next().top(3)).hasSize(3);
        assertThat(result.topTokens(1).get(0).id()).isEqualTo(generation.ids().get(0));
        assertThat(result.relevance()).hasSize(8);
    }

    @Test
    void anAnswerEndsAtAStopString() {
        String text = describeDiana().build().run().text();
        String stop = text.substring(3, 5);
        PatchscopeResult stopped = describeDiana().stopAt(stop).build().run();

        assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(stopped.patched().generation().reason())
                .isEqualTo(Generation.StopReason.STOP_STRING);
        assertThat(stopped.relevance()).hasSameSizeAs(stopped.patched().generation().tokens());
    }

    @Test
    void sampledAnswersDependOnTheSeedAlone() {
        Sampling one = Sampling.temperature(1, 1);
        PatchscopeResult first = describeDiana().sampling(one).build().run();

        assertThat(describeDiana().sampling(one).build().run().text()).isEqualTo(first.text());
        assertThat(describeDiana().sampling(Sampling.temperature(1, 2)).build().run().text())
                .isNotEqualTo(first.text());
        assertThat(first.provenance().sampling().seed()).isEqualTo(1);
    }

    @Test
    void withoutNewTokensOnlyTheNextOneIsRead() {
        PatchscopeResult result = describeDiana().maxNewTokens(0).build().run();

        assertThat(result.text()).isEmpty();
        assertThat(result.relevance()).isEmpty();
        assertThat(result.next().logits())
                .containsExactly(describeDiana().build().run().next().logits());
    }

    @Test
    void resultsAreShownInThreeLines() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(describeDiana().build().run().toString().lines())
                    .hasSize(3)
                    .satisfiesExactly(
                            line ->
                                    assertThat(line)
                                            .isEqualTo(
                                                    "layer 2 of token 9 \" Wales\" in llama_gqa_llama3 -> identity -> layer 1 of token 155 \" x\" in llama_gqa_llama3"),
                            line ->
                                    assertThat(line)
                                            .matches(
                                                    "  patched: {3}\".+\", next (\".+\" 0\\.\\d{3}(, )?){3}"),
                            line ->
                                    assertThat(line)
                                            .matches(
                                                    "  unpatched: \".+\", next (\".+\" 0\\.\\d{3}(, )?){3}"));
            assertThat(new TokenRelevance(3, "\n", 0.75, 0.25)).hasToString("\"\\n\" +0.500");
            assertThat(new TokenRelevance(3, "a", 0.25, 0.75)).hasToString("\"a\" -0.500");
            assertThat(new TokenRelevance(3, "a", 0.25, 0.2501)).hasToString("\"a\" +0.000");
            assertThat(describeDiana().maxNewTokens(0).build().run().patched().toString())
                    .startsWith("next \"");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void recordsComeBackFromJsonUnchanged() {
        PatchscopeResult result =
                describeDiana()
                        .stopAt("\n", "\"")
                        .sampling(new Sampling(0.7, 40, 0.9, 1L << 60))
                        .build()
                        .run();
        PatchscopeRecord kept = PatchscopeRecord.fromJson(result.toJson());

        assertThat(kept).isEqualTo(result.toRecord());
        assertThat(kept.patched().top()).hasSize(PatchscopeRecord.TOP);
        assertThat(kept.patched().entropy()).isEqualTo(result.next().entropy());
        assertThat(kept.vectorNorm())
                .isEqualTo(Math.sqrt(result.vector().stream().map(v -> v * v).sum()));
        assertThat(kept.provenance()).isEqualTo(result.provenance());
        assertThat(Provenance.fromJson(result.provenance().toJson()))
                .isEqualTo(result.provenance());
    }

    @Test
    void jsonHasALineAToken() {
        PatchscopeResult result = describeDiana().stopAt("\n", "\"").build().run();
        PatchscopeRecord kept = result.toRecord();
        int tokens =
                kept.provenance().source().prompt().length()
                        + kept.provenance().target().prompt().length()
                        + kept.patched().top().size()
                        + kept.patched().tokens().size()
                        + kept.unpatched().top().size()
                        + kept.unpatched().tokens().size()
                        + kept.relevance().size();

        assertThat(result.toJson().lines().filter(line -> line.matches(" +\\{\"id\": .+},?")))
                .hasSize(tokens);
        assertThat(result.toJson().split("\"id\": ", -1)).hasSize(tokens + 1);
        assertThat(result.toJson())
                .startsWith("{\n  \"provenance\": {\n    \"library\": \"")
                .contains("\n    \"stopAt\": [\"\\n\", \"\\\"\"]\n  },\n")
                .containsPattern("}\n  ],\n  \"sha256\": \"[0-9a-f]{64}\"\n}$");
    }

    @Test
    void jsonThatIsNoRecordIsRefused() {
        String json =
                describeDiana().build().provenance().toJson().replace("\"sha256\"", "\"seal\"");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Provenance.fromJson("[]"))
                .withMessage("the text is no JSON object");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Provenance.fromJson("{"))
                .withMessageStartingWith("the text is no JSON: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Provenance.fromJson("{}"))
                .withMessage("field \"library\" is missing from the text");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Provenance.fromJson(json.replace("\"layer\": 2", "\"layer\": 2.5")))
                .withMessage("source.layer is 2.5, expected a whole number");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Provenance.fromJson(json.replace("FLOAT32", "FLOAT8")))
                .withMessage(
                        "source.model.computeType is \"FLOAT8\", expected one of [FLOAT32, FLOAT64, FLOAT16]");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Provenance.fromJson(json.replace("\"stopAt\": []", "\"stopAt\": 1")))
                .withMessage("stopAt is no list");
    }

    @Test
    void identitiesAreShort() {
        assertThat(ModelIdentity.of(model).toString())
                .matches("llama_gqa_llama3 \\([0-9a-f]{12}, float32 on (cpu|gpu\\(0\\))\\)");
    }

    /** From " Wales" at layer 2 to the placeholder of the description prompt at layer 1. */
    private static PatchscopeBuilder describeDiana() {
        return Patchscope.on(model)
                .sourcePrompt("Princess of Wales!")
                .sourcePosition(Positions.lastTokenOf("Wales"))
                .sourceLayer(2)
                .targetPrompt(TargetPrompt.entityDescription())
                .targetLayer(1)
                .maxNewTokens(8);
    }
}
