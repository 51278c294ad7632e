package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The GPU against the CPU; runs where the engine sees a GPU. */
@Tag("gpu")
class GpuTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(131, 6);
    private static final TokenBatch BATCH = TestModels.batch(132, 4, 9, 6);

    @BeforeAll
    static void needsGpu() {
        TestModels.exact("gpt2").close(); // loads the engine the library's way
        assumeThat(Engine.getEngine("PyTorch").getGpuCount()).isPositive();
    }

    private static HookedModel gpu(String name, ComputeType type) {
        return HookedModel.loader(TestModels.directory(name))
                .device(Device.gpu())
                .computeType(type)
                .load();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2",
                "llama_gqa_llama3",
                "gemma2",
                "bloom_6heads",
                "opt_350m_style",
                "gpt_neox_parallel",
                "gptj",
                "mistral"
            })
    void everyActivationIsTheCpus(String name) {
        try (HookedModel gpu = gpu(name, ComputeType.FLOAT64);
                HookedModel cpu = TestModels.exact(name)) {
            assertThat(gpu.device().isGpu()).isTrue();
            for (TokenBatch batch : List.of(BATCH, BATCH.paddedRight())) {
                Activations here = gpu.run(batch).capture(gpu.hookPoints()).logits().execute();
                Activations there = cpu.run(batch).capture(cpu.hookPoints()).logits().execute();
                for (int row = 0; row < batch.rows(); row++) {
                    for (HookPoint point : there.points()) {
                        assertThat(here.get(point).doubles(row))
                                .as(point.name())
                                .containsExactly(there.get(point).doubles(row), within(1e-8));
                    }
                    assertThat(here.next(row).logits())
                            .containsExactly(there.next(row).logits(), within(1e-8));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3", "gemma2"})
    void generationIsTheCpus(String name) {
        try (HookedModel gpu = gpu(name, ComputeType.FLOAT32);
                HookedModel cpu = TestModels.load(name, ComputeType.FLOAT32)) {
            Generations here = gpu.generation(BATCH).maxNewTokens(8).run();
            Generations there = cpu.generation(BATCH).maxNewTokens(8).run();
            for (int row = 0; row < BATCH.rows(); row++) {
                assertThat(here.all().get(row).ids()).isEqualTo(there.all().get(row).ids());
            }
        }
    }

    @Test
    void interventionsAreTheCpus() {
        try (HookedModel gpu = gpu("llama_gqa_llama3", ComputeType.FLOAT64);
                HookedModel cpu = TestModels.exact("llama_gqa_llama3")) {
            float[] vector = TestModels.vector(133, cpu.width());
            List<Intervention> changes =
                    List.of(
                            Intervention.replace(HookPoint.residual(1), Positions.last(), vector),
                            Intervention.interpolate(
                                    HookPoint.residual(2), Positions.at(1), 0.3, vector),
                            Intervention.projectOut(HookPoint.attnOut(1), Positions.all(), vector),
                            Intervention.mean(HookPoint.mlpOut(1), Positions.at(0)),
                            Intervention.zero(HookPoint.z(2), Positions.all()).heads(1, 3),
                            Intervention.map(
                                    HookPoint.v(1),
                                    Positions.at(2),
                                    v -> {
                                        v[0] += 1;
                                        return v;
                                    }),
                            Intervention.custom(HookPoint.scores(3), (v, c) -> v.mul(0.5)),
                            Intervention.cutAttention(Positions.last(), Positions.all(), 1, 2),
                            Intervention.cutAttention(Positions.at(3), Positions.at(0, 2), 2, 4)
                                    .zeroed()
                                    .heads(0));
            for (Intervention change : changes) {
                for (int row = 0; row < BATCH.rows(); row++) {
                    assertThat(gpu.run(BATCH).intervene(change).execute().next(row).logits())
                            .as(change.toString())
                            .containsExactly(
                                    cpu.run(BATCH).intervene(change).execute().next(row).logits(),
                                    within(1e-8));
                }
            }
        }
    }

    @Test
    void gradientsAreTheCpus() {
        try (HookedModel gpu = gpu("gemma2", ComputeType.FLOAT64);
                HookedModel cpu = TestModels.exact("gemma2")) {
            HookPoint[] points = {
                HookPoint.embed(), HookPoint.residual(2), HookPoint.z(1), HookPoint.pattern(1)
            };
            Gradients here = gpu.run(PROMPT).gradients(Metric.logProbability(5), points);
            Gradients there = cpu.run(PROMPT).gradients(Metric.logProbability(5), points);
            for (HookPoint point : points) {
                assertThat(here.of(point).doubles(0))
                        .containsExactly(there.of(point).doubles(0), within(1e-8));
            }
            double[][] jacobian = gpu.run(PROMPT).jacobian(1, Positions.at(1), 4, Positions.last());
            double[][] expected = cpu.run(PROMPT).jacobian(1, Positions.at(1), 4, Positions.last());
            for (int row = 0; row < jacobian.length; row++) {
                assertThat(jacobian[row]).containsExactly(expected[row], within(1e-8));
            }
            double[] step = expected[0];
            assertThat(gpu.run(PROMPT).jvp(1, Positions.at(1), 4, Positions.last(), step))
                    .containsExactly(
                            cpu.run(PROMPT).jvp(1, Positions.at(1), 4, Positions.last(), step),
                            within(1e-8));
        }
    }

    @Test
    void float16StaysNear() {
        try (HookedModel gpu = gpu("llama_gqa_llama3", ComputeType.FLOAT16);
                HookedModel cpu = TestModels.exact("llama_gqa_llama3")) {
            assertThat(gpu.run(PROMPT).execute().next().logits())
                    .containsExactly(cpu.run(PROMPT).execute().next().logits(), within(0.15));
            assertThat(gpu.generation(PROMPT).maxNewTokens(3).run().first().ids().get(0))
                    .isEqualTo(cpu.run(PROMPT).execute().next().argMax());
        }
    }

    @Test
    void nothingStaysOnTheGpuAndErrorsLeaveItUsable() {
        try (HookedModel gpu = gpu("gpt2", ComputeType.FLOAT32)) {
            gpu.run(BATCH).capture(gpu.hookPoints()).logits().execute();
            gpu.generation(BATCH).maxNewTokens(3).run();
            gpu.run(PROMPT).gradients(Metric.logit(4), HookPoint.z(1));
            int arrays = gpu.runtime().liveArrays();
            int everywhere = TestModels.nativeArrays();
            for (int i = 0; i < 50; i++) {
                gpu.run(BATCH).capture(gpu.hookPoints()).logits().execute();
                gpu.generation(BATCH).maxNewTokens(3).run();
                gpu.run(PROMPT).gradients(Metric.logit(4), HookPoint.z(1));
            }
            assertThat(gpu.runtime().liveArrays()).isEqualTo(arrays);
            assertThat(TestModels.nativeArrays()).isEqualTo(everywhere);
            TokenizedPrompt foreign = TokenizedPrompt.ofIds(5, 4000);
            assertThatThrownBy(() -> gpu.run(foreign).execute())
                    .isInstanceOf(OutOfRangeException.class);
            Edit elsewhere =
                    Intervention.custom(
                            HookPoint.residual(1),
                            (value, context) -> {
                                NDArray moved = value.toDevice(Device.cpu(), true);
                                moved.attach(value.getManager());
                                return moved;
                            });
            assertThatThrownBy(() -> gpu.run(PROMPT).intervene(elsewhere).execute())
                    .isInstanceOf(InterventionException.class)
                    .hasMessageContaining("on cpu");
            assertThat(gpu.run(PROMPT).execute().topTokens(1)).hasSize(1);
        }
    }
}
