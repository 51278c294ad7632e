package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The three number formats, and what a model says of itself. */
class ComputeTypeTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2",
                "llama_gqa_llama3",
                "gemma2",
                "bloom",
                "falcon_40b_style",
                "olmo2",
                "opt",
                "phi",
                "phi_qkln_gqa",
                "qwen3"
            })
    void float16AndFloat32StayNearFloat64(String name) {
        TokenBatch batch = TestModels.batch(121, 6, 10);
        try (HookedModel exact = TestModels.exact(name);
                HookedModel single = TestModels.load(name, ComputeType.FLOAT32);
                HookedModel half = TestModels.load(name, ComputeType.FLOAT16)) {
            Activations reference = exact.run(batch).execute();
            Activations close = single.run(batch).execute();
            Activations rough = half.run(batch).capture(half.hookPoints()).logits().execute();
            for (int row = 0; row < 2; row++) {
                double[] logits = reference.next(row).logits();
                assertThat(close.next(row).logits()).containsExactly(logits, within(2e-4));
                // float16 has 11 bits; the logits are of order 10, behind a few dozen sums
                assertThat(rough.next(row).logits()).containsExactly(logits, within(0.15));
                assertThat(rough.next(row).argMax()).isEqualTo(reference.next(row).argMax());
            }
        }
    }

    @Test
    void float16GeneratesAndTakesInterventions() {
        try (HookedModel exact = TestModels.exact("llama_gqa_llama3");
                HookedModel half = TestModels.load("llama_gqa_llama3", ComputeType.FLOAT16)) {
            TokenBatch batch = TestModels.batch(122, 4, 7);
            float[] vector = TestModels.vector(123, exact.width());
            List<Intervention> changes =
                    List.of(
                            Intervention.replace(HookPoint.residual(1), Positions.last(), vector),
                            Intervention.scale(HookPoint.z(2), Positions.all(), 1 / 3.0).heads(1),
                            Intervention.mean(HookPoint.mlpOut(1), Positions.at(0)),
                            Intervention.scale(
                                    HookPoint.of(Site.LN2_SCALE, 2), Positions.at(1), 1.5),
                            Intervention.replace(
                                    HookPoint.of(Site.LN1_SCALE, 3), Positions.at(1), 2),
                            Intervention.cutAttention(Positions.last(), Positions.all(), 1, 2));
            for (int row = 0; row < 2; row++) {
                assertThat(half.run(batch).intervene(changes).execute().next(row).logits())
                        .containsExactly(
                                exact.run(batch).intervene(changes).execute().next(row).logits(),
                                within(0.15));
            }
            Generations generations = half.generation(batch).maxNewTokens(4).run();
            assertThat(generations.all().get(1).ids().get(0))
                    .isEqualTo(exact.run(batch.prompt(1)).execute().next().argMax());
            assertThat(half.unembed(vector).argMax()).isEqualTo(exact.unembed(vector).argMax());
        }
    }

    @Test
    void float64KeepsItsDigits() {
        try (HookedModel exact = TestModels.exact("gpt2")) {
            double third = 1 / 3.0;
            HookPoint point = HookPoint.residual(1);
            TokenBatch batch = TestModels.batch(124, 4);
            double plain = exact.run(batch).capture(point).execute().get(point).get(0, 2, 5);
            Run scaled =
                    exact.run(batch).intervene(Intervention.scale(point, Positions.all(), third));
            assertThat(scaled.capture(point).execute().get(point).get(0, 2, 5))
                    .isEqualTo(plain * third);
            double[] values = new double[exact.width()];
            values[3] = Math.PI;
            Run replaced =
                    exact.run(batch)
                            .intervene(Intervention.replace(point, Positions.last(), values));
            assertThat(replaced.capture(point).execute().vectorDoubles(point, Positions.last())[3])
                    .isEqualTo(Math.PI);
        }
    }

    @Test
    void theLastResidualReadAloneIsTheOutput() {
        for (String name : List.of("gpt2", "gemma2", "opt_350m_style", "gptj", "bloom")) {
            try (HookedModel model = TestModels.exact(name)) {
                HookPoint last = HookPoint.residual(model.layers());
                Activations acts =
                        model.run(TestModels.prompt(125, 6)).capture(last).logits().execute();
                assertThat(model.unembed(acts.vectorDoubles(last, Positions.last())).logits())
                        .as(name)
                        .containsExactly(acts.next().logits(), within(1e-11));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "gemma2", "bloom", "opt_350m_style", "qwen3"})
    void parametersAreThoseOfTheCheckpoint(String name) {
        long stored = 0;
        try (Checkpoint checkpoint = Checkpoint.open(TestModels.directory(name))) {
            for (String tensor : checkpoint.tensorNames()) {
                stored += checkpoint.tensor(tensor).elements();
            }
        }
        try (HookedModel model = TestModels.load(name, ComputeType.FLOAT16)) {
            ModelSummary summary = model.summary();
            assertThat(summary.parameters()).isEqualTo(stored);
            assertThat(summary.weightBytes()).isEqualTo(2 * stored);
            assertThat(summary.computeType()).isEqualTo(ComputeType.FLOAT16);
            assertThat(model.device()).isEqualTo(Device.cpu());
            assertThat(summary.toString()).contains(name, "float16", "cpu");
        }
    }
}
