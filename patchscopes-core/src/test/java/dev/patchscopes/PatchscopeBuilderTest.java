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

/** What can be wrong with a patchscope, and what is said about it. */
class PatchscopeBuilderTest {

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
    void whatIsNotSetHasItsDefault() {
        Patchscope scope = complete().build();

        assertThat(scope.source().position()).isEqualTo(2);
        assertThat(scope.target().position()).isEqualTo(1);
        assertThat(scope.target().model()).isEqualTo(ModelIdentity.of(gpt2));
        assertThat(scope.mapping()).isEqualTo(Mapping.identity());
        assertThat(scope.provenance())
                .isEqualTo(
                        new Provenance(
                                LibraryVersion.current(),
                                scope.source(),
                                scope.target(),
                                "identity",
                                20,
                                Sampling.greedy(),
                                ImmutableList.of()));
        assertThat(scope)
                .hasToString(
                        "Patchscope[layer 1 of token 2 \"#3\" in gpt2 -> identity -> layer 2 of token 1 \"#5\" in gpt2]");
    }

    @Test
    void missingPartsAreNamedTogether() {
        assertThatThrownBy(() -> Patchscope.on(gpt2).build())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "the patchscope on gpt2 has no source prompt and no source layer and no target prompt and no target layer: add .sourcePrompt(text).sourceLayer(l).targetPrompt(text).targetLayer(l) before build()");
        assertThatThrownBy(
                        () ->
                                Patchscope.on(gpt2)
                                        .sourcePrompt(ids(1))
                                        .sourceLayer(0)
                                        .targetPrompt(ids(1))
                                        .build())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "the patchscope on gpt2 has no target layer: add .targetLayer(l) before build()");
    }

    @Test
    void layersTheModelDoesNotHaveAreRefused() {
        String message = "layer 4 is not in 0..3 (gpt2 has 3 blocks)";

        assertThatThrownBy(() -> complete().sourceLayer(4).build())
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> complete().targetLayer(4).build())
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> complete().sourceLayer(-1).build())
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("layer -1 is not in 0..3 (gpt2 has 3 blocks)");
        assertThatThrownBy(() -> complete().build().atLayers(0, 4))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> complete().build().atLayers(4, 0))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage(message);
    }

    @Test
    void aPositionIsOneToken() {
        assertThatThrownBy(() -> complete().sourcePosition(Positions.all()).build())
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "source position all is 3 tokens, and a patchscope takes one: use last(), at(i) or lastTokenOf(text). Tokens: 0 \"#1\" 1 \"#2\" 2 \"#3\"");
        assertThatThrownBy(() -> complete().targetPosition(Positions.at(0, 1)).build())
                .isInstanceOf(PositionException.class)
                .hasMessageStartingWith("target position at(0, 1) is 2 tokens");
        assertThatThrownBy(() -> complete().targetPosition(Positions.at(7)).build())
                .isInstanceOf(PositionException.class)
                .hasMessageContaining("7");
    }

    @Test
    void widthsHaveToAgree() {
        assertThatThrownBy(() -> complete().targetModel(neox).build())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "mapping \"identity\" gives vectors of 48 values, and d_model of gpt_neox_parallel is 64: map them with Mapping.affine(matrix, bias) with 64 rows");
        Mapping narrow = Mapping.affine(new double[48][2], new double[48]);
        assertThatThrownBy(() -> complete().mapping(narrow).build())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "mapping \"%s\" takes vectors of 2 values, and d_model of gpt2 is 48"
                                .formatted(narrow.name()));
        Mapping unknownFirst =
                Mapping.of(h -> h).andThen(Mapping.affine(new double[2][3], new double[2]));
        assertThatThrownBy(() -> complete().mapping(unknownFirst).build())
                .isInstanceOf(PatchscopeException.class)
                .hasMessageContaining("gives vectors of 2 values, and d_model of gpt2 is 48");
    }

    @Test
    void whatAFunctionGivesIsChecked() {
        assertThatThrownBy(() -> complete().mapping(Mapping.of(h -> new double[5])).build().run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage("mapping \"function\" gave 5 values, and layer 2 of gpt2 holds 48");
        Mapping spoil =
                Mapping.of(
                        "spoil",
                        h -> {
                            h[7] = Double.NaN;
                            return h;
                        });
        assertThatThrownBy(() -> complete().mapping(spoil).build().run())
                .isInstanceOf(PatchscopeException.class)
                .hasMessage(
                        "mapping \"spoil\" gave NaN at index 7 of the representation at layer 1 of token 2 \"#3\" in gpt2");
    }

    @Test
    void textNeedsATokenizer() {
        assertThatThrownBy(() -> Patchscope.on(gpt2).sourcePrompt("Diana"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("tokenizer.json");
        assertThatThrownBy(() -> complete().targetPrompt("x").build())
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("tokenizer.json");
        assertThatThrownBy(() -> complete().stopAt("\n").build())
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("tokenizer.json");
    }

    @Test
    void otherArgumentsAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> complete().maxNewTokens(-1))
                .withMessage("maxNewTokens -1 is negative; 0 generates nothing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> complete().stopAt(""))
                .withMessage("an empty stop string would stop at once; drop it");
    }

    @Test
    void aBuilderBuildsOnce() {
        PatchscopeBuilder builder = complete();
        builder.build();

        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "this builder has built its patchscope; start with Patchscope.on(model)");
    }

    private static PatchscopeBuilder complete() {
        return Patchscope.on(gpt2)
                .sourcePrompt(ids(1, 2, 3))
                .sourceLayer(1)
                .targetPrompt(ids(4, 5))
                .targetLayer(2);
    }

    private static TokenizedPrompt ids(int... ids) {
        return TokenizedPrompt.ofIds(ids);
    }

    @Test
    void aBuilderShowsWhatItHasAndWhatItLacks() {
        PatchscopeBuilder builder = Patchscope.on(gpt2);
        assertThat(builder)
                .hasToString(
                        "PatchscopeBuilder[layer ? of ? at last in gpt2 -> identity -> layer ? of ? in gpt2]");
        builder.sourcePrompt(ids(3, 4))
                .sourceLayer(1)
                .targetPrompt(ids(5))
                .targetLayer(2)
                .targetPosition(Positions.at(0));
        assertThat(builder)
                .hasToString(
                        "PatchscopeBuilder[layer 1 of \"#3\"·\"#4\" at last in gpt2 -> identity -> layer 2 of \"#5\" at at(0) in gpt2]");
    }
}
