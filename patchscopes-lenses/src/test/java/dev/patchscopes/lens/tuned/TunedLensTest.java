package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.PatchscopeResult;
import dev.patchscopes.lens.LensReading;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds of a tuned lens whatever its translators and the model's weights. */
class TunedLensTest {
    private static final long SEED = Long.getLong("seed", 61);
    private static final TokenizedPrompt PROMPT = TokenizedPrompt.ofIds(3, 17, 42, 8, 8, 31);

    @TempDir static Path folder;
    private static HookedModel exact;

    @BeforeAll
    static void load() {
        System.out.println("-Dseed=" + SEED);
        exact = TinyModel.load(TinyModel.write(folder, SEED), ComputeType.FLOAT64);
    }

    @AfterAll
    static void close() {
        exact.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64"})
    void untrainedItIsTheLogitLens(ComputeType type) {
        try (HookedModel model = TinyModel.load(folder, type);
                TunedLens lens = TunedLens.identity(model)) {
            LensReading tuned = lens.read(PROMPT);
            LensReading logit = LogitLens.of(model).read(PROMPT);
            assertThat(tuned.cells()).isEqualTo(logit.cells());
            assertThat(lens.translator(1)).isEqualTo(AffineMap.identity(model.width()));
        }
    }

    @Test
    void residualAndAffineFormAgree() {
        List<AffineMap> maps = Lenses.maps(exact, SEED);
        try (TunedLens lens = TunedLens.of(exact, maps);
                TensorActivations acts =
                        exact.run(PROMPT).capture(HookPoint.residuals(exact.layers())).tensors()) {
            for (int k = 0; k < exact.layers(); k++) {
                assertThat(lens.translator(k).difference().values())
                        .containsExactly(maps.get(k).difference().values(), within(1e-15));
                assertThat(lens.translator(k).bias()).containsExactly(maps.get(k).bias());
                double[] h = acts.get(HookPoint.residual(k)).toDoubleArray();
                double[] row =
                        java.util.Arrays.copyOfRange(h, 2 * exact.width(), 3 * exact.width());
                double[] expected = maps.get(k).apply(row);
                NDArray y = lens.translate(k, acts.get(HookPoint.residual(k)));
                assertThat(y.get("2").toDoubleArray()).containsExactly(expected, within(1e-13));
            }
            NDArray last = acts.get(HookPoint.residual(exact.layers()));
            assertThat(lens.translate(exact.layers(), last)).isSameAs(last);
        }
    }

    @Test
    void everyCellIsItsPatchscope() {
        try (TunedLens lens = Lenses.random(exact, SEED)) {
            LensReading reading = lens.read(PROMPT);
            for (int k = 0; k <= exact.layers(); k++) {
                for (int position : new int[] {0, 3, PROMPT.length() - 1}) {
                    PatchscopeResult scope = lens.asPatchscope(PROMPT, k, position).run();
                    StateReading cell = reading.at(k, position);
                    List<TokenProbability> top = scope.topTokens(5);
                    for (int i = 0; i < 5; i++) {
                        assertThat(cell.top().get(i).id()).isEqualTo(top.get(i).id());
                        assertThat(cell.top().get(i).probability())
                                .isCloseTo(top.get(i).probability(), within(1e-12));
                    }
                }
            }
            LensReading logit = LogitLens.of(exact).read(PROMPT);
            assertThat(reading.at(1, 2).divergence())
                    .isNotCloseTo(logit.at(1, 2).divergence(), within(1e-3));
        }
    }

    @Test
    void theLastLayerIsTheModelsOwn() {
        try (TunedLens lens = Lenses.random(exact, SEED)) {
            assertThat(lens.read(PROMPT).at(exact.layers(), 4).divergence())
                    .isCloseTo(0, within(1e-15));
        }
    }

    @Test
    void placesWithoutATranslatorAreRefused() {
        try (TunedLens lens = TunedLens.identity(exact)) {
            assertThatThrownBy(
                            () ->
                                    lens.reader()
                                            .points(
                                                    List.of(
                                                            HookPoint.parse(
                                                                    "blocks.1.hook_resid_mid")))
                                            .read(PROMPT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("blocks.1.hook_resid_mid lies inside a block");
            assertThatThrownBy(() -> lens.translator(3))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessageContaining("layers 0..2 of tiny");
            assertThatThrownBy(() -> TunedLens.of(exact, Lenses.maps(exact, 1).subList(0, 2)))
                    .hasMessageContaining("2 translators are given, and tiny has 3 blocks");
        }
    }
}
