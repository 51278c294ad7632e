package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Sampling;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What can be wrong with a sweep of patchscopes, and what is said about it. */
class PatchscopeSweepErrorsTest {

    private static final Mapping SPOIL =
            Mapping.of(
                    "spoil",
                    h -> {
                        h[7] = Double.NaN;
                        return h;
                    });

    private static HookedModel gpt2;
    private static HookedModel neox;

    @BeforeAll
    static void load() {
        gpt2 = SmallModels.load("gpt2"); // 3 blocks, d_model 48
        neox = SmallModels.load("gpt_neox_parallel"); // 3 blocks, d_model 64
    }

    @AfterAll
    static void close() {
        gpt2.close();
        neox.close();
    }

    @Test
    void layersHaveToBeChosen() {
        String message =
                "the sweep of Patchscope[layer 1 of token 2 \"#3\" in gpt2 -> identity -> layer 2 of token 1 \"#5\" in gpt2] has no layers: add .layers(Layers.all(), Layers.all()) or .sameLayers(Layers.all())";

        assertThatThrownBy(() -> scope().sweep().run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> scope().sweep().explain())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(message);
    }

    @Test
    void layersTheModelDoesNotHaveAreRefused() {
        PatchscopeSweep sweep = scope().sweep();

        assertThatThrownBy(() -> sweep.layers(Layers.at(4), Layers.all()))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("layer 4 is not in 0..3 (gpt2 has 3 blocks)");
        assertThatThrownBy(() -> sweep.layers(Layers.all(), Layers.at(0, 9)))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("layer 9 is not in 0..3 (gpt2 has 3 blocks)");
        assertThatThrownBy(() -> sweep.sameLayers(Layers.range(2, 5)))
                .isInstanceOf(OutOfRangeException.class);
    }

    @Test
    void aPromptWithoutThePositionIsNamed() {
        PatchscopeSweep sweep =
                scope().sweep()
                        .sameLayers(Layers.all())
                        .sourcePrompts(ImmutableList.of(ids(1, 2, 3), ids(4, 5)));

        assertThatThrownBy(() -> sweep.sourcePositions(Positions.last(), Positions.at(2)).run())
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "source prompt 2 of 2, \"#4\"·\"#5\": Position 2 is not in 0..1 (or -2..-1 from the end) of a prompt of 2 tokens. Tokens: 0 \"#4\" 1 \"#5\".");
        assertThatThrownBy(() -> sweep.sourcePositions(Positions.all()).explain())
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "source prompt 1 of 2, \"#1\"·\"#2\"·\"#3\": source position all is 3 tokens, and a patchscope takes one: use last(), at(i) or lastTokenOf(text). Tokens: 0 \"#1\" 1 \"#2\" 2 \"#3\"");
        assertThatThrownBy(() -> sweep.targetPosition(Positions.at(2)).run())
                .isInstanceOf(PositionException.class)
                .hasMessageStartingWith("target prompt \"#4\"·\"#5\": Position 2 is not in 0..1")
                .hasCauseInstanceOf(PositionException.class);
        assertThatThrownBy(
                        () ->
                                sweep.targetPrompts(ImmutableList.of(ids(1), ids(2, 3)))
                                        .targetPosition(Positions.range(0, 1))
                                        .targetPosition(Positions.at(1))
                                        .run())
                .isInstanceOf(PositionException.class)
                .hasMessageStartingWith("target prompt 1 of 2, \"#1\": Position 1 is not in 0..0");
    }

    @Test
    void widthsHaveToAgree() {
        Mapping narrow = Mapping.affine(new double[48][2], new double[48]);

        assertThatThrownBy(() -> scope().sweep().mappings(Mapping.identity(), narrow))
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "mapping \"%s\" takes vectors of 2 values, and d_model of gpt2 is 48"
                                .formatted(narrow.name()));
        assertThatThrownBy(() -> intoNeox(h -> new double[64]).sweep().mappings(Mapping.identity()))
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("gives vectors of 48 values")
                .hasMessageContaining("with 64 rows");
    }

    @Test
    void whatAFunctionGivesIsChecked() {
        PatchscopeSweep sweep = scope().sweep().layers(Layers.at(1), Layers.at(0, 3));

        assertThatThrownBy(() -> sweep.mappings(Mapping.of("short", h -> new double[5])).run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage("mapping \"short\" gave 5 values, and each layer of gpt2 holds 48");
        assertThatThrownBy(() -> sweep.mappings(SPOIL).run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "mapping \"spoil\" gave NaN at index 7 of the representation at layer 1 of token 2 \"#3\" in gpt2");
        assertThatThrownBy(
                        () ->
                                sweep.mappings(SPOIL)
                                        .sourcePrompts(ImmutableList.of(ids(9, 8)))
                                        .run())
                .hasMessageEndingWith("the representation at layer 1 of token 1 \"#8\" in gpt2");
    }

    @Test
    void whatAFunctionGivesToAnotherModelIsChecked() {
        assertThatThrownBy(() -> intoNeox(h -> h).sweep().sameLayers(Layers.at(1)).run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "mapping \"function\" gave 48 values, and each layer of gpt_neox_parallel holds 64");
        assertThatThrownBy(
                        () ->
                                intoNeox(
                                                h -> {
                                                    double[] out = new double[64];
                                                    out[3] = 1 / 0.0;
                                                    return out;
                                                })
                                        .sweep()
                                        .sameLayers(Layers.at(1))
                                        .run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "mapping \"function\" gave Infinity at index 3 of the representation at layer 1 of token 2 \"#3\" in gpt2");
    }

    @Test
    void resultsKnowMappingsByTheirNames() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scope().sweep().mappings(Mapping.of(h -> h), Mapping.of(h -> h)))
                .withMessage(
                        "2 mappings are called \"function\", and results know a mapping by its name: give each its own with Mapping.of(name, function)");
    }

    @Test
    void somethingOfEachIsNeeded() {
        PatchscopeSweep sweep = scope().sweep();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> sweep.sourcePrompts(ImmutableList.of()))
                .withMessage(
                        "sourcePrompts() names no prompt: give at least one, or leave it out for the patchscope's own");
        assertThatIllegalArgumentException().isThrownBy(sweep::sourcePositions);
        assertThatIllegalArgumentException().isThrownBy(sweep::mappings);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sweep.targetPrompts(ImmutableList.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sweep.memoryBudget(0))
                .withMessage("a memory budget of 0 bytes is none");
        assertThatIllegalArgumentException().isThrownBy(() -> sweep.reading(0));
    }

    @Test
    void textNeedsATokenizer() {
        assertThatThrownBy(() -> scope().sweep().sourcePrompts("Diana"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("tokenizer.json");
        assertThatThrownBy(() -> scope().sweep().targetPrompts("x"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("tokenizer.json");
    }

    @Test
    void samplingIsRefusedUnlessNothingIsGenerated() {
        Sampling drawn = Sampling.temperature(1, 7);

        assertThatThrownBy(() -> parts().maxNewTokens(3).sampling(drawn).build().sweep())
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("a sweep generates greedily, and this patchscope samples");
        assertThat(
                        parts().maxNewTokens(0)
                                .sampling(drawn)
                                .build()
                                .sweep()
                                .sameLayers(Layers.at(1))
                                .run())
                .hasSize(1);
    }

    private static PatchscopeBuilder parts() {
        return Patchscope.on(gpt2)
                .sourcePrompt(ids(1, 2, 3))
                .sourceLayer(1)
                .targetPrompt(ids(4, 5))
                .targetLayer(2);
    }

    private static Patchscope scope() {
        return parts().maxNewTokens(0).build();
    }

    private static Patchscope intoNeox(java.util.function.UnaryOperator<double[]> function) {
        return parts().targetModel(neox).mapping(Mapping.of(function)).maxNewTokens(0).build();
    }

    private static TokenizedPrompt ids(int... ids) {
        return TokenizedPrompt.ofIds(ids);
    }
}
