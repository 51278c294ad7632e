package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gemma2", "opt_350m_style"})
    void statesReadAsOnTheCpu(String name) {
        try (HookedModel gpu = gpu(name, ComputeType.FLOAT64);
                HookedModel cpu = TestModels.exact(name)) {
            StateReadings here = read(gpu);
            StateReadings there = read(cpu);
            for (int layer = 0; layer <= cpu.layers(); layer++) {
                for (int row = 0; row < PROMPT.length(); row++) {
                    assertThat(here.topId(layer, row, 0)).isEqualTo(there.topId(layer, row, 0));
                    assertThat(here.divergence(layer, row))
                            .isCloseTo(there.divergence(layer, row), within(1e-8));
                    assertThat(here.entropy(layer, row))
                            .isCloseTo(there.entropy(layer, row), within(1e-8));
                    assertThat(here.rankOfFinalPrediction(layer, row))
                            .isEqualTo(there.rankOfFinalPrediction(layer, row));
                }
            }
            assertThat(slope(gpu)).containsExactly(slope(cpu), within(1e-8));
        }
    }

    private static StateReadings read(HookedModel model) {
        int[] none = new int[PROMPT.length()];
        Arrays.fill(none, -1);
        List<HookPoint> points = HookPoint.residuals(model.layers());
        try (TensorActivations acts = model.run(PROMPT).capture(points).tensors()) {
            List<NDArray> states = points.stream().map(acts::get).toList();
            return model.readout()
                    .read(states, states.get(model.layers()), ImmutableIntArray.copyOf(none));
        }
    }

    private static double[] slope(HookedModel model) {
        HookPoint last = HookPoint.residual(model.layers());
        try (TensorActivations acts =
                        model.run(PROMPT).capture(HookPoint.residual(1), last).tensors();
                Teacher teacher = model.readout().teacher(acts.get(last))) {
            return model.readout()
                    .divergence(teacher, acts.get(HookPoint.residual(1)))
                    .gradient()
                    .toDevice(Device.cpu(), true)
                    .toDoubleArray();
        }
    }

    @Test
    void mapsAreFittedAsOnTheCpu() {
        try (HookedModel gpu = gpu("gpt2", ComputeType.FLOAT32);
                HookedModel cpu = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            assertThat(fitted(gpu)).containsExactly(fitted(cpu), within(1e-3));
        }
    }

    private static double[] fitted(HookedModel model) {
        HookPoint last = HookPoint.residual(model.layers());
        try (TensorActivations acts =
                        model.run(BATCH).capture(HookPoint.residual(1), last).tensors();
                Moments moments = Moments.of(model.width(), model.width())) {
            moments.add(acts.get(HookPoint.residual(1)), acts.get(last));
            return moments.residualRidge(moments.relativePenalty(1)).matrix().values();
        }
    }

    @Test
    void sweepsAreTheCpus() {
        List<Cell> cells = new ArrayList<>();
        for (int layer = 0; layer <= 3; layer++) {
            cells.add(
                    Cell.of(0)
                            .patched(
                                    Patch.of(1, HookPoint.residual(layer), Positions.last())
                                            .to(HookPoint.residual(layer), Positions.at(2))));
        }
        try (HookedModel gpu = gpu("llama_gqa_llama3", ComputeType.FLOAT64);
                HookedModel cpu = TestModels.exact("llama_gqa_llama3")) {
            for (Execution how : Execution.values()) {
                List<CellResult> here = sweep(gpu, cells, how);
                List<CellResult> there = sweep(cpu, cells, how);
                for (int i = 0; i < cells.size(); i++) {
                    assertThat(here.get(i).distribution().orElseThrow().logits())
                            .containsExactly(
                                    there.get(i).distribution().orElseThrow().logits(),
                                    within(1e-8));
                }
            }
        }
    }

    private static List<CellResult> sweep(HookedModel model, List<Cell> cells, Execution how) {
        return model.sweep(BaseRun.of(PROMPT), BaseRun.of(TestModels.prompt(134, 4)))
                .cells(cells)
                .reading(Reading.top(1).withDistribution())
                .execution(how)
                .execute();
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

    /** Rows of captures until there is no more memory, whatever the GPU has; then all goes on. */
    @Test
    void memoryThatRunsOutIsAnErrorAndLeavesTheGpuUsable() {
        try (HookedModel gpu = gpu("gpt2", ComputeType.FLOAT32)) {
            double[] before = gpu.run(PROMPT).execute().next().logits();
            gpu.run(BATCH).capture(HookPoint.residual(1)).tensors().close();
            int arrays = gpu.runtime().liveArrays();
            List<NDArray> filling = new ArrayList<>();
            try (NDManager own = NDManager.newBaseManager(Device.gpu(), "PyTorch")) {
                for (long bytes = 1L << 34; bytes >= 1L << 10; ) {
                    try {
                        filling.add(own.create(new Shape(bytes / 4), DataType.FLOAT32));
                    } catch (EngineException e) {
                        bytes /= 2;
                    }
                }
                TokenBatch large =
                        TestModels.batch(135, IntStream.generate(() -> 12).limit(4096).toArray());
                for (int i = 0; i < 25; i++) {
                    assertThatThrownBy(() -> gpu.run(large).execute())
                            .isInstanceOf(MemoryException.class)
                            .hasMessageContaining("GPU memory")
                            .hasMessageContaining("Device.cpu()")
                            .extracting(e -> ((MemoryException) e).memory())
                            .isEqualTo(MemoryException.Memory.DEVICE);
                }
                filling.forEach(NDArray::close);
            }
            assertThat(gpu.runtime().liveArrays()).isEqualTo(arrays);
            assertThat(gpu.run(PROMPT).execute().next().logits()).isEqualTo(before);
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
