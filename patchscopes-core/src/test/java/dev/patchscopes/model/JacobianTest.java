package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jacobians between places of the residual stream: identities that hold for any weights. */
class JacobianTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(41, 5);

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gemma2", "gpt_neox_parallel"})
    void columnsAreCentralDifferences(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            double[][] jacobian =
                    model.run(PROMPT).jacobian(1, Positions.at(2), 3, Positions.last());
            float[] direction = TestModels.vector(42, model.width());
            double step = 1e-5;
            double[] up = output(model, direction, step);
            double[] down = output(model, direction, -step);
            for (int a = 0; a < model.width(); a++) {
                double product = 0;
                for (int b = 0; b < model.width(); b++) {
                    product += jacobian[a][b] * direction[b];
                }
                assertThat(product).isCloseTo((up[a] - down[a]) / (2 * step), within(1e-6));
            }
        }
    }

    private static double[] output(HookedModel model, float[] direction, double by) {
        HookPoint out = HookPoint.residual(3);
        return model.run(PROMPT)
                .intervene(
                        Intervention.map(
                                HookPoint.residual(1),
                                Positions.at(2),
                                v -> {
                                    for (int i = 0; i < v.length; i++) {
                                        v[i] += by * direction[i];
                                    }
                                    return v;
                                }))
                .capture(out)
                .execute()
                .vectorDoubles(out, Positions.last());
    }

    @Test
    void aProductIsTheCombinationOfRows() {
        try (HookedModel model = TestModels.exact("llama_gqa_llama3")) {
            Run run = model.run(PROMPT);
            double[][] jacobian = run.jacobian(1, Positions.at(1), 4, Positions.last());
            double[] v = new Random(43).doubles(model.width(), -1, 1).toArray();
            double[] product = run.vjp(1, Positions.at(1), 4, Positions.last(), v);
            for (int b = 0; b < model.width(); b++) {
                double sum = 0;
                for (int a = 0; a < model.width(); a++) {
                    sum += v[a] * jacobian[a][b];
                }
                assertThat(product[b]).isCloseTo(sum, within(1e-10));
            }
        }
    }

    @Test
    void productsFromBothSidesAgreeWithTheJacobian() {
        try (HookedModel model = TestModels.exact("gemma2")) {
            Run run = model.run(PROMPT);
            Positions from = Positions.at(2);
            Positions to = Positions.last();
            double[][] jacobian = run.jacobian(1, from, 4, to);
            Random random = new Random(47);
            double[][] given = {
                random.doubles(model.width(), -1, 1).toArray(),
                random.doubles(model.width(), -1, 1).toArray()
            };
            double[][] left = run.vjp(1, from, 4, to, given);
            double[][] right = run.jvp(1, from, 4, to, given);
            for (int i = 0; i < given.length; i++) {
                assertThat(run.vjp(1, from, 4, to, given[i]))
                        .containsExactly(left[i], within(1e-11));
                assertThat(run.jvp(1, from, 4, to, given[i]))
                        .containsExactly(right[i], within(1e-11));
                for (int k = 0; k < model.width(); k++) {
                    double column = 0;
                    double row = 0;
                    for (int j = 0; j < model.width(); j++) {
                        column += given[i][j] * jacobian[j][k];
                        row += jacobian[k][j] * given[i][j];
                    }
                    assertThat(left[i][k]).isCloseTo(column, within(1e-10));
                    assertThat(right[i][k]).isCloseTo(row, within(1e-10));
                }
            }
            assertThat(run.jvp(1, from, 4, to, new double[0][])).isEmpty();
            assertThat(run.vjp(1, from, 4, to, new double[0][])).isEmpty();
        }
    }

    /** With one token there is one place a layer, so derivatives pass through it alone. */
    @Test
    void jacobiansOfOneTokenCompose() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Run run = model.run(TestModels.prompt(44, 1));
            double[][] first = run.jacobian(0, Positions.last(), 1, Positions.last());
            double[][] second = run.jacobian(1, Positions.last(), 3, Positions.last());
            double[][] both = run.jacobian(0, Positions.last(), 3, Positions.last());
            int width = model.width();
            for (int a = 0; a < width; a++) {
                for (int b = 0; b < width; b++) {
                    double sum = 0;
                    for (int k = 0; k < width; k++) {
                        sum += second[a][k] * first[k][b];
                    }
                    assertThat(both[a][b]).isCloseTo(sum, within(1e-9));
                }
            }
        }
    }

    /** With more, the paths over all positions of the layer between add up. */
    @Test
    void pathsOverAllPositionsAddUp() {
        try (HookedModel model = TestModels.exact("llama_gqa_llama3")) {
            Run run = model.run(PROMPT);
            double[] v = new Random(45).doubles(model.width(), -1, 1).toArray();
            double[] direct = run.vjp(1, Positions.at(1), 3, Positions.last(), v);
            double[] sum = new double[model.width()];
            for (int pos = 1; pos < PROMPT.length(); pos++) {
                double[] toMiddle = run.vjp(2, Positions.at(pos), 3, Positions.last(), v);
                double[] path = run.vjp(1, Positions.at(1), 2, Positions.at(pos), toMiddle);
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += path[i];
                }
            }
            assertThat(direct).containsExactly(sum, within(1e-10));
        }
    }

    @Test
    void aLayerOfItselfIsTheIdentityAndTheFutureDoesNotReachThePast() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Run run = model.run(PROMPT);
            for (int layer : new int[] {0, 2, 3}) {
                double[][] same = run.jacobian(layer, Positions.at(1), layer, Positions.at(1));
                double[][] other = run.jacobian(layer, Positions.at(1), layer, Positions.at(2));
                double[][] past = run.jacobian(0, Positions.at(3), layer, Positions.at(2));
                for (int a = 0; a < model.width(); a++) {
                    for (int b = 0; b < model.width(); b++) {
                        assertThat(same[a][b]).isEqualTo(a == b ? 1 : 0);
                        assertThat(other[a][b]).isZero();
                        assertThat(past[a][b]).isZero();
                    }
                }
            }
        }
    }

    @Test
    void aGradientIsAProductWithTheUnembeddingsOwn() {
        try (HookedModel model = TestModels.exact("gemma2")) {
            Run run = model.run(PROMPT);
            HookPoint last = HookPoint.residual(4);
            HookPoint early = HookPoint.residual(1);
            Gradients gradients = run.gradients(Metric.logProbability(8), last, early);
            double[] chained =
                    run.vjp(
                            1,
                            Positions.at(0),
                            4,
                            Positions.last(),
                            gradients.of(last).vectorDoubles(0, PROMPT.length() - 1));
            assertThat(gradients.of(early).vectorDoubles(0, 0))
                    .containsExactly(chained, within(1e-11));
        }
    }

    @Test
    void interventionsCutDerivatives() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Run run =
                    model.run(PROMPT)
                            .intervene(
                                    Intervention.cutAttention(
                                            Positions.last(), Positions.at(1), 1, 3));
            // position 1 reaches the last one in the last two blocks through others only
            double[][] throughOne = run.jacobian(2, Positions.at(1), 3, Positions.last());
            for (double[] row : throughOne) {
                assertThat(row).containsOnly(0);
            }
            assertThat(run.jacobian(1, Positions.at(1), 3, Positions.last())[0])
                    .doesNotContain(0.0);
        }
    }

    @Test
    void productsLeaveNothingBehind() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Run run = model.run(PROMPT);
            double[] v = new Random(48).doubles(model.width(), -1, 1).toArray();
            run.jvp(1, Positions.at(1), 3, Positions.last(), v); // makes the model's constants
            int arrays = TestModels.nativeArrays();
            for (int i = 0; i < 3; i++) {
                run.jvp(1, Positions.at(1), 3, Positions.last(), v);
                run.vjp(1, Positions.at(1), 3, Positions.last(), v);
                run.jacobian(1, Positions.at(1), 3, Positions.last());
            }
            assertThat(TestModels.nativeArrays()).isEqualTo(arrays);
        }
    }

    @Test
    void badPlacesAreRefused() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Run run = model.run(PROMPT);
            Positions at = Positions.last();
            assertThatThrownBy(() -> run.jacobian(4, at, 4, at))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessage(
                            "layer 4 is not in 0..3 (gpt2 has 3 blocks; layer 0 is the embedding)");
            assertThatThrownBy(() -> run.jacobian(2, at, 1, at))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessageContaining("layer 2 comes after layer 1");
            assertThatThrownBy(() -> run.jacobian(1, Positions.all(), 2, at))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("all is 5 positions, expected one");
            assertThatThrownBy(() -> run.vjp(1, at, 2, at, new double[3]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3 values, expected 48");
            assertThatThrownBy(() -> run.jvp(1, at, 2, at, new double[7]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the tangent has 7 values, expected 48");
            assertThatThrownBy(() -> model.run(TestModels.batch(46, 2, 3)).jacobian(0, at, 1, at))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2 prompts");
        }
    }
}
