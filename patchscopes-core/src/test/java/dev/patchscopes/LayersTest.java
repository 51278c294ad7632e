package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import org.junit.jupiter.api.Test;

class LayersTest {

    @Test
    void selectionsAreResolvedAgainstTheModel() {
        try (HookedModel model = SmallModels.load("gpt2_variant")) {
            assertThat(Layers.all().resolve(model)).isEqualTo(ImmutableIntArray.of(0, 1, 2, 3, 4));
            assertThat(Layers.at(0, 3).resolve(model)).isEqualTo(ImmutableIntArray.of(0, 3));
            assertThat(Layers.range(2, 4).resolve(model)).isEqualTo(ImmutableIntArray.of(2, 3, 4));
            assertThat(Layers.range(3, 3).resolve(model)).isEqualTo(ImmutableIntArray.of(3));
            assertThat(Layers.everyNth(3).resolve(model)).isEqualTo(ImmutableIntArray.of(0, 3));
        }
    }

    @Test
    void layersTheModelDoesNotHaveAreRefused() {
        try (HookedModel model = SmallModels.load("gpt2")) {
            assertThatThrownBy(() -> Layers.at(1, 4).resolve(model))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessage("layer 4 is not in 0..3 (gpt2 has 3 blocks)");
            assertThatThrownBy(() -> Layers.range(2, 9).resolve(model))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessage("layer 9 is not in 0..3 (gpt2 has 3 blocks)");
        }
    }

    @Test
    void selectionsThatCannotBeMeantAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Layers.at())
                .withMessage("Layers.at() selects no layer; name at least one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Layers.at(2, 1))
                .withMessage("layers [2, 1] do not ascend; name each once, in ascending order");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Layers.range(3, 2))
                .withMessage("layers 3..2 are none; the first comes before the last");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Layers.range(-1, 2))
                .withMessage("layer -1 is negative; layers count from 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Layers.everyNth(0))
                .withMessage("every 0-th layer: the distance is at least 1");
    }

    @Test
    void selectionsDescribedAlikeAreEqual() {
        assertThat(Layers.range(1, 2)).isEqualTo(Layers.range(1, 2)).hasToString("layers 1..2");
        assertThat(Layers.everyNth(1)).isEqualTo(Layers.all()).hasToString("layers all");
        assertThat(Layers.at(1, 2)).hasToString("layers at 1, 2").isNotEqualTo(Layers.at(1));
        assertThat(Layers.everyNth(2).hashCode()).isEqualTo(Layers.everyNth(2).hashCode());
    }

    @Test
    void indicesOfOtherToolsAreTranslated() {
        assertThat(Layers.fromBlockOutput(0)).isEqualTo(1);
        assertThat(Layers.fromBlockOutput(11)).isEqualTo(12);
        assertThat(Layers.fromBlockInput(0)).isZero();
        assertThat(Layers.fromHuggingFaceHiddenState(0, 12)).isZero();
        assertThat(Layers.fromHuggingFaceHiddenState(11, 12)).isEqualTo(11);
    }

    @Test
    void theHiddenStateAfterTheFinalNormIsNoLayer() {
        assertThatThrownBy(() -> Layers.fromHuggingFaceHiddenState(12, 12))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage(
                        "hidden_states[12] of 12 blocks comes after the final norm and is no layer of the residual stream: capture HookPoint.residual(12), the last block's output, instead");
        assertThatThrownBy(() -> Layers.fromHuggingFaceHiddenState(13, 12))
                .hasMessage("hidden_states[13] is not in 0..11 (12 blocks)");
    }
}
