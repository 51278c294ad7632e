package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for any weights, on families with different positions, norms and residual paths. */
class PatchscopeIdentitiesTest {

    private static final TokenizedPrompt SOURCE = TokenizedPrompt.ofIds(17, 5, 93, 41, 66, 12);
    private static final TokenizedPrompt TARGET = TokenizedPrompt.ofIds(8, 77, 30, 101, 52);

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gpt_neox_parallel", "gemma2", "bloom"})
    void aVectorPutBackWhereItWasChangesNoBit(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            double[] plain = model.run(SOURCE).execute().next().logits();

            for (int layer = 0; layer <= model.layers(); layer++) {
                for (int position = 0; position < SOURCE.length(); position++) {
                    PatchscopeResult result =
                            Patchscope.on(model)
                                    .sourcePrompt(SOURCE)
                                    .sourcePosition(Positions.at(position))
                                    .sourceLayer(layer)
                                    .targetPrompt(SOURCE)
                                    .targetPosition(Positions.at(position))
                                    .targetLayer(layer)
                                    .maxNewTokens(0)
                                    .build()
                                    .run();

                    assertThat(result.next().logits())
                            .as("layer %d, position %d", layer, position)
                            .containsExactly(plain);
                }
            }
        }
    }

    @Test
    void vectorsPassInFloat64() {
        try (HookedModel model = SmallModels.load("llama", ComputeType.FLOAT64)) {
            Patchscope scope =
                    Patchscope.on(model)
                            .sourcePrompt(SOURCE)
                            .sourceLayer(2)
                            .targetPrompt(SOURCE)
                            .targetLayer(2)
                            .maxNewTokens(0)
                            .build();
            PatchscopeResult result = scope.run();

            assertThat(result.next().logits())
                    .containsExactly(model.run(SOURCE).execute().next().logits());
            assertThat(result.vector().asList()).anyMatch(v -> v != v.floatValue());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gpt_neox_parallel", "gemma2", "bloom"})
    void aPatchIntoTheLastLayerIsTheUnembeddingOfTheVector(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            for (int layer = 0; layer <= model.layers(); layer++) {
                PatchscopeResult result = lastPositions(model, layer, model.layers(), 0).run();

                assertThat(result.next().logits())
                        .containsExactly(model.unembed(result.patch().toArray()).logits());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gpt_neox_parallel", "gemma2", "bloom"})
    void lastToLastSaysWhatTheSourceSays(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            for (int position = 0; position < SOURCE.length(); position++) {
                TokenizedPrompt upToThere =
                        TokenizedPrompt.ofIds(SOURCE.ids().subArray(0, position + 1));
                PatchscopeResult result =
                        Patchscope.on(model)
                                .sourcePrompt(SOURCE)
                                .sourcePosition(Positions.at(position))
                                .sourceLayer(model.layers())
                                .targetPrompt(TARGET)
                                .targetLayer(model.layers())
                                .maxNewTokens(0)
                                .build()
                                .run();

                assertThat(result.next().argMax())
                        .isEqualTo(model.run(upToThere).execute().next().argMax());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gpt_neox_parallel"})
    void onlyPositionsFromThePatchOnChange(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            HookPoint last = HookPoint.residual(model.layers());
            Place target = lastPositions(model, 1, 1, 0).target();
            PatchscopeResult result =
                    Patchscope.on(model)
                            .sourcePrompt(SOURCE)
                            .sourceLayer(1)
                            .targetPrompt(TARGET)
                            .targetPosition(Positions.at(2))
                            .targetLayer(target.layer())
                            .maxNewTokens(0)
                            .build()
                            .run();
            Intervention patch =
                    Intervention.replace(
                            HookPoint.residual(1), Positions.at(2), result.patch().toArray());
            var plain = model.run(TARGET).capture(last).execute().get(last);
            var patched = model.run(TARGET).intervene(patch).capture(last).execute().get(last);

            for (int position = 0; position < TARGET.length(); position++) {
                boolean same =
                        Arrays.equals(
                                plain.vectorDoubles(0, position),
                                patched.vectorDoubles(0, position));
                assertThat(same).as("position %d", position).isEqualTo(position < 2);
            }
            assertThat(result.next().logits())
                    .containsExactly(model.run(TARGET).intervene(patch).execute().next().logits());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gpt_neox_parallel", "gemma2", "bloom"})
    void generationOnTheCacheIsGenerationPatchedAnewForEachToken(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            PatchscopeResult result = atPosition(model, 2, 1, 1, 12).run();
            Generation generation = result.patched().generation();
            Intervention patch =
                    Intervention.replace(
                            HookPoint.residual(1), Positions.at(2), result.patch().toArray());

            for (int t = 0; t < 12; t++) {
                TokenizedPrompt soFar = continued(generation.ids(), t);
                TokenDistribution patched = model.run(soFar).intervene(patch).execute().next();
                TokenDistribution plain = model.run(soFar).execute().next();
                int token = generation.ids().get(t);
                TokenRelevance relevance = result.relevance().get(t);

                assertThat(token).as("token %d", t).isEqualTo(patched.argMax());
                assertThat(relevance.id()).isEqualTo(token);
                assertThat(relevance.patched()).isCloseTo(patched.probability(token), within(1e-6));
                assertThat(relevance.unpatched()).isCloseTo(plain.probability(token), within(1e-6));
                assertThat(relevance.relevance())
                        .isEqualTo(relevance.patched() - relevance.unpatched());
            }
            assertThat(result.unpatched().generation().ids())
                    .isEqualTo(model.generation(TARGET).maxNewTokens(12).run().first().ids());
            assertThat(result.unpatched().next().logits())
                    .containsExactly(model.run(TARGET).execute().next().logits());
            assertThat(result.relevance()).anyMatch(r -> Math.abs(r.relevance()) > 1e-4);
        }
    }

    @Test
    void nothingIsRelevantInAPatchThatChangesNothing() {
        try (HookedModel model = SmallModels.load("llama")) {
            PatchscopeResult result =
                    Patchscope.on(model)
                            .sourcePrompt(TARGET)
                            .sourceLayer(2)
                            .targetPrompt(TARGET)
                            .targetLayer(2)
                            .maxNewTokens(8)
                            .build()
                            .run();

            assertThat(result.relevance())
                    .hasSize(8)
                    .allSatisfy(r -> assertThat(r.relevance()).isCloseTo(0, within(1e-6)));
            assertThat(result.patched().generation().ids())
                    .isEqualTo(result.unpatched().generation().ids());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "bloom"})
    void aTargetOfOneTokenIsPatched(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            PatchscopeResult result =
                    Patchscope.on(model)
                            .sourcePrompt(TokenizedPrompt.ofIds(17))
                            .sourceLayer(0)
                            .targetPrompt(TokenizedPrompt.ofIds(99))
                            .targetLayer(0)
                            .maxNewTokens(5)
                            .build()
                            .run();
            Generation expected =
                    model.generation(TokenizedPrompt.ofIds(17)).maxNewTokens(5).run().first();

            assertThat(result.next().logits())
                    .containsExactly(model.run(TokenizedPrompt.ofIds(17)).execute().next().logits())
                    .isNotEqualTo(result.unpatched().next().logits());
            // Nothing of the token 99 is left in any layer, so what follows is the other token's.
            assertThat(result.patched().generation().ids()).isEqualTo(expected.ids());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gpt_neox_parallel", "gemma2", "bloom"})
    void patchingAnEmbeddingIsReplacingItsToken(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            PatchscopeResult result =
                    Patchscope.on(model)
                            .sourcePrompt(TokenizedPrompt.ofIds(3, 64))
                            .sourceLayer(0)
                            .targetPrompt(TARGET)
                            .targetPosition(Positions.at(3))
                            .targetLayer(0)
                            .maxNewTokens(6)
                            .build()
                            .run();
            TokenizedPrompt replaced = TokenizedPrompt.ofIds(8, 77, 30, 64, 52);

            assertThat(result.next().logits())
                    .containsExactly(model.run(replaced).execute().next().logits());
            assertThat(result.patched().generation().ids())
                    .isEqualTo(model.generation(replaced).maxNewTokens(6).run().first().ids());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama"})
    void aPatchIntoTheLastLayerReachesLaterTokensOnlyThroughTheFirst(String name) {
        try (HookedModel model = SmallModels.load(name)) {
            Generation generation =
                    lastPositions(model, 1, model.layers(), 6).run().patched().generation();
            TokenizedPrompt withFirst = continued(generation.ids(), 1);

            assertThat(generation.ids().subArray(1, 6))
                    .isEqualTo(model.generation(withFirst).maxNewTokens(5).run().first().ids());
        }
    }

    @Test
    void anAffineIdentityIsTheIdentity() {
        try (HookedModel model = SmallModels.load("gpt2")) {
            int width = model.width();
            Mapping affine = Mapping.affine(diagonal(width, width, 1), new double[width]);
            PatchscopeResult plain = atPosition(model, 4, 2, 1, 0).run();
            PatchscopeResult mapped =
                    mapped(model, model, affine.andThen(Mapping.identity())).run();

            assertThat(mapped.patch()).isEqualTo(plain.patch());
            assertThat(mapped.next().logits()).containsExactly(plain.next().logits());
        }
    }

    @Test
    void theMappedVectorIsTheOneWritten() {
        try (HookedModel model = SmallModels.load("gpt2")) {
            Mapping negate = Mapping.of("negate", h -> Arrays.stream(h).map(v -> -v).toArray());
            PatchscopeResult result = mapped(model, model, negate).run();
            double[] negated = result.vector().stream().map(v -> -v).toArray();
            Intervention patch =
                    Intervention.replace(HookPoint.residual(1), Positions.at(4), negated);

            assertThat(result.patch().toArray()).containsExactly(negated);
            assertThat(result.next().logits())
                    .containsExactly(model.run(TARGET).intervene(patch).execute().next().logits());
        }
    }

    @Test
    void aVectorOfOneModelIsReadByAnother() {
        try (HookedModel narrow = SmallModels.load("gpt2");
                HookedModel wide = SmallModels.load("gpt_neox_parallel")) {
            double[] bias = new double[wide.width()];
            Arrays.setAll(bias, i -> 0.01 * i);
            Mapping widen = Mapping.affine(diagonal(wide.width(), narrow.width(), 0.5), bias);
            PatchscopeResult result = mapped(narrow, wide, widen).run();

            double[] vector = // of the source model
                    narrow.run(SOURCE)
                            .capture(HookPoint.residual(2))
                            .execute()
                            .vectorDoubles(HookPoint.residual(2), Positions.last());
            double[] expected = bias.clone();
            Arrays.setAll(expected, i -> bias[i] + (i < vector.length ? 0.5 * vector[i] : 0));
            Intervention patch =
                    Intervention.replace(HookPoint.residual(1), Positions.at(4), expected);

            assertThat(result.vector().toArray()).containsExactly(vector);
            assertThat(result.patch().toArray()).containsExactly(expected);
            assertThat(result.next().logits())
                    .containsExactly(wide.run(TARGET).intervene(patch).execute().next().logits());
            assertThat(result.provenance().source().model()).isEqualTo(ModelIdentity.of(narrow));
            assertThat(result.provenance().target().model()).isEqualTo(ModelIdentity.of(wide));
        }
    }

    @Test
    void runningTwiceAndMovingBetweenLayersLeaveNoTrace() {
        try (HookedModel model = SmallModels.load("llama")) {
            Patchscope scope = atPosition(model, 2, 1, 1, 4);
            PatchscopeResult first = scope.run();
            PatchscopeResult elsewhere = scope.atLayers(2, 3).run();
            PatchscopeResult again = scope.run();

            assertThat(again.next().logits()).containsExactly(first.next().logits());
            assertThat(again.toRecord()).isEqualTo(first.toRecord());
            assertThat(elsewhere.toRecord())
                    .isEqualTo(atPosition(model, 2, 2, 3, 4).run().toRecord())
                    .isNotEqualTo(first.toRecord());
        }
    }

    private static Patchscope lastPositions(
            HookedModel model, int sourceLayer, int targetLayer, int maxNewTokens) {
        return atPosition(model, TARGET.length() - 1, sourceLayer, targetLayer, maxNewTokens);
    }

    private static Patchscope atPosition(
            HookedModel model, int position, int sourceLayer, int targetLayer, int maxNewTokens) {
        return Patchscope.on(model)
                .sourcePrompt(SOURCE)
                .sourceLayer(sourceLayer)
                .targetPrompt(TARGET)
                .targetPosition(Positions.at(position))
                .targetLayer(targetLayer)
                .maxNewTokens(maxNewTokens)
                .build();
    }

    /** From layer 2 of the source's last token to layer 1 of the target's. */
    private static Patchscope mapped(HookedModel source, HookedModel target, Mapping mapping) {
        return Patchscope.on(source)
                .sourcePrompt(SOURCE)
                .sourceLayer(2)
                .mapping(mapping)
                .targetModel(target)
                .targetPrompt(TARGET)
                .targetLayer(1)
                .maxNewTokens(0)
                .build();
    }

    /** The target prompt and the first tokens of a continuation. */
    private static TokenizedPrompt continued(ImmutableIntArray generated, int tokens) {
        return TokenizedPrompt.ofIds(
                ImmutableIntArray.builder()
                        .addAll(TARGET.ids())
                        .addAll(generated.subArray(0, tokens))
                        .build());
    }

    private static double[][] diagonal(int rows, int columns, double value) {
        double[][] matrix = new double[rows][columns];
        for (int i = 0; i < Math.min(rows, columns); i++) {
            matrix[i][i] = value;
        }
        return matrix;
    }
}
