package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model with packed weights is the model with plain ones, gradients and few columns included. */
class PackedWeightsTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(51, 7);

    private static HookedModel load(String name, MatrixProducts products) {
        return HookedModel.loader(TestModels.directory(name))
                .device(Device.cpu())
                .computeType(ComputeType.FLOAT32)
                .matrixProducts(products)
                .load();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gpt_neox_parallel", "gptj", "opt_350m_style"})
    void logitsAndGradientsAreTheSame(String name) {
        try (HookedModel plain = load(name, MatrixProducts.PLAIN);
                HookedModel packed = load(name, MatrixProducts.PACKED)) {
            near(
                    packed.run(PROMPT).execute().next().logits(),
                    plain.run(PROMPT).execute().next().logits());
            double[] u = new double[plain.width()];
            u[1] = 1;
            for (int i = 0; i < 2; i++) { // the second time from the copies of the first
                near(gradient(packed, u), gradient(plain, u));
            }
            near( // packed again after its plain copies were made
                    packed.run(PROMPT).execute().next().logits(),
                    plain.run(PROMPT).execute().next().logits());
            assertThat(ids(packed)).isEqualTo(ids(plain));
            near(columns(packed), columns(plain));
        }
    }

    private static double[] gradient(HookedModel model, double[] u) {
        return model.run(PROMPT).vjp(0, Positions.at(1), 2, Positions.last(), u);
    }

    private static List<Integer> ids(HookedModel model) {
        return model.generation(PROMPT)
                .maxNewTokens(6)
                .ignoringEndOfText()
                .run()
                .first()
                .ids()
                .asList();
    }

    private static double[] columns(HookedModel model) {
        return model.sweep(BaseRun.of(PROMPT))
                .cells(List.of(Cell.of(0)))
                .reading(Reading.logitsOf(3, 99, 7))
                .execute()
                .get(0)
                .logits()
                .toArray();
    }

    private static void near(double[] actual, double[] expected) {
        double largest = 0;
        for (double v : expected) {
            largest = Math.max(largest, Math.abs(v));
        }
        assertThat(actual).usingComparatorWithPrecision(1e-5 * largest).containsExactly(expected);
    }

    @Test
    void nothingIsLeftOfAClosedModel() {
        load("gpt2", MatrixProducts.PACKED).close(); // the engine's own constants exist now
        int before = TestModels.nativeArrays();
        try (HookedModel model = load("gpt2", MatrixProducts.PACKED)) {
            model.run(PROMPT).execute();
            gradient(model, new double[model.width()]);
        }
        assertThat(TestModels.nativeArrays()).isCloseTo(before, within(0));
    }
}
