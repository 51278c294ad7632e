package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Logits and states that are no numbers are refused by all who read them, asked or not. */
class NoDistributionTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(3, 6);

    @Test
    void logitsThatAreNotFiniteAreNeverSorted() {
        for (double wrong : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(
                            () ->
                                    TokenDistribution.ofLogits(
                                            new double[] {1, wrong, 2}, Optional.empty()))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("at token 1")
                    .hasMessageContaining("checkFinite()");
        }
        double none = Double.NEGATIVE_INFINITY;
        assertThatThrownBy(
                        () ->
                                TokenDistribution.ofLogits(
                                        new double[] {none, none}, Optional.empty()))
                .hasMessageContaining("all -infinity");
        assertThat(
                        TokenDistribution.ofLogits(new double[] {none, 0}, Optional.empty())
                                .probability(1))
                .isEqualTo(1);
    }

    @Test
    void readersRefuseWhatIsNoDistribution() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            double[] vector = new double[model.width()];
            Arrays.fill(vector, Double.NaN);
            assertNamesTheCheck(() -> model.unembed(vector));
            HookPoint end = HookPoint.logits();
            Edit infinite =
                    Intervention.map(
                            end, Positions.last(), l -> at(l, 3, Double.POSITIVE_INFINITY));
            assertNamesTheCheck(() -> model.run(PROMPT).intervene(infinite).execute());
            assertNamesTheCheck(
                    () -> model.generation(PROMPT).intervene(infinite).maxNewTokens(2).run());
            Cell cell = Cell.of(0, FiniteCheckTest.nan(HookPoint.residual(1), Positions.last()));
            assertNamesTheCheck(
                    () ->
                            model.sweep(BaseRun.of(PROMPT))
                                    .cells(List.of(Cell.of(0, infinite)))
                                    .reading(Reading.logitsOf(3))
                                    .execute());
            for (Reading reading :
                    List.of(Reading.top(3), Reading.probabilitiesOf(4), Reading.logitsOf(4, 5))) {
                for (Execution execution : Execution.values()) {
                    assertNamesTheCheck(
                            () ->
                                    model.sweep(BaseRun.of(PROMPT))
                                            .cells(List.of(cell))
                                            .reading(reading)
                                            .execution(execution)
                                            .execute());
                }
            }
        }
    }

    @Test
    void lensesRefuseStatesThatAreNotFinite() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            HookPoint last = HookPoint.residual(model.layers());
            HookPoint point = HookPoint.residual(1);
            for (HookPoint wrong : List.of(point, last)) {
                try (TensorActivations states =
                        model.run(PROMPT)
                                .intervene(FiniteCheckTest.nan(wrong, Positions.at(2)))
                                .capture(point, last)
                                .tensors()) {
                    assertNamesTheCheck(
                            () ->
                                    model.readout()
                                            .top(1)
                                            .read(
                                                    List.of(states.get(point)),
                                                    states.get(last),
                                                    PROMPT.ids()));
                }
            }
        }
    }

    @Test
    void aKeptResultWithLogitsThatAreNoneIsRefusedAsDamaged() {
        CellJson json = new CellJson(id -> "#" + id, Optional.empty(), cell -> PROMPT);
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            CellResult result =
                    model.sweep(BaseRun.of(PROMPT))
                            .cells(List.of(Cell.of(0)))
                            .reading(Reading.top(1).withDistribution())
                            .execute()
                            .get(0);
            com.google.gson.JsonObject kept = json.write(0, result);
            assertThat(json.result(kept).distribution()).isPresent();
            kept.addProperty(
                    "distribution",
                    java.util.Base64.getEncoder()
                            .encodeToString(DoubleBytes.of(new double[] {1, Double.NaN})));
            assertThatThrownBy(() -> json.result(kept))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static double[] at(double[] values, int index, double value) {
        double[] out = values.clone();
        out[index] = value;
        return out;
    }

    private static void assertNamesTheCheck(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("checkFinite()");
    }
}
