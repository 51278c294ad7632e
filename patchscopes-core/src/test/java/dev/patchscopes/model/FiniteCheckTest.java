package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.ImmutableLongArray;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a report of values that are not finite says, and what it passes over. */
class FiniteCheckTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(3, 6);

    @TempDir Path directory;

    private static Edit nan(HookPoint point, Positions positions) {
        return Intervention.scale(point, positions, Double.NaN);
    }

    @Test
    void anOverflowShowsHowLargeItsInputWas() {
        String tensor = "transformer.h.1.mlp.c_proj.weight";
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        float[] values = copy.values(tensor);
        for (int i = 0; i < values.length; i++) {
            values[i] *= 6e4f / 0.2f;
        }
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).as("finite in float32, not in float16").isGreaterThan(65520);
        ModelLoader loader = HookedModel.loader(copy.write()).computeType(ComputeType.FLOAT16);

        NonFiniteWeight weight = loader.nonFiniteWeights().get(0);
        assertThat(weight.tensor()).isEqualTo(tensor);
        assertThat(weight.overflows()).isTrue();
        assertThat(weight)
                .asString()
                .contains("finite in the file", "infinite as float16: load as float32")
                .contains("model.safetensors");
        assertThat(loader.computeType(ComputeType.FLOAT32).nonFiniteWeights()).isEmpty();
        assertThatThrownBy(() -> loader.checkFinite().load())
                .isInstanceOf(NonFiniteWeightsException.class)
                .hasMessageContaining(tensor);
        try (HookedModel model = loader.load()) {
            NonFinite found = model.run(PROMPT).findNonFinite().orElseThrow();
            assertThat(found.point()).isEqualTo(HookPoint.of(Site.MLP_PROJ, 1));
            NonFinite.Input input = found.input().orElseThrow();
            assertThat(input.point()).isEqualTo(HookPoint.mlpPost(1));
            double[] post =
                    model.run(PROMPT)
                            .capture(input.point())
                            .execute()
                            .get(input.point())
                            .doubles(0);
            assertThat(input.largest())
                    .isEqualTo(
                            Arrays.stream(post).map(Math::abs).max().orElseThrow(), within(1e-2));
            assertThatThrownBy(() -> model.run(PROMPT).checkFinite().execute())
                    .isInstanceOf(NonFiniteException.class)
                    .hasMessageContaining("blocks.1.mlp.hook_out is")
                    .hasMessageContaining("computed from blocks.1.mlp.hook_post, finite up to")
                    .hasMessageContaining("ComputeType.FLOAT32");
        }
    }

    @Test
    void theLargestFloat16IsFiniteAndWhatRoundsBeyondItIsNot() {
        String tensor = "transformer.h.0.ln_1.bias";
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        copy.values(tensor)[2] = 65519; // rounds to 65504
        copy.values(tensor)[5] = -65520;
        NonFiniteWeight weight =
                HookedModel.loader(copy.write())
                        .computeType(ComputeType.FLOAT16)
                        .nonFiniteWeights()
                        .get(0);
        assertThat(weight.index()).isEqualTo(ImmutableLongArray.of(5));
        assertThat(weight.count()).isEqualTo(1);
        assertThat(weight.value()).isEqualTo(-65520);
        assertThat(weight.elements()).isEqualTo(copy.values(tensor).length);
        try (HookedModel model =
                HookedModel.loader(directory).computeType(ComputeType.FLOAT16).load()) {
            NonFinite found = model.run(PROMPT).findNonFinite().orElseThrow();
            assertThat(found.point()).isEqualTo(HookPoint.v(0));
        }
    }

    @Test
    void severalDamagedTensorsAreAllListed() {
        CheckpointCopy copy = CheckpointCopy.of("llama", directory);
        copy.values("model.norm.weight")[0] = Float.NaN;
        float[] up = copy.values("model.layers.0.mlp.up_proj.weight");
        up[7] = Float.NEGATIVE_INFINITY;
        up[8] = Float.NaN;
        ModelLoader loader = HookedModel.loader(copy.write());
        assertThat(loader.nonFiniteWeights())
                .extracting(NonFiniteWeight::tensor)
                .containsExactlyInAnyOrder(
                        "model.norm.weight", "model.layers.0.mlp.up_proj.weight");
        assertThat(loader.nonFiniteWeights())
                .extracting(NonFiniteWeight::count)
                .containsExactlyInAnyOrder(1L, 2L);
        NonFiniteWeightsException thrown =
                assertThrows(NonFiniteWeightsException.class, () -> loader.checkFinite().load());
        assertThat(thrown.weights()).isEqualTo(loader.nonFiniteWeights());
        assertThat(thrown).hasMessageContaining("1 more tensors");
    }

    @Test
    void aScoreOfNegativeInfinityThatNoMaskHidesIsFound() {
        try (HookedModel model = TestModels.load("llama", ComputeType.FLOAT32)) {
            int width = model.width() / model.heads();
            double[] large = new double[width];
            Arrays.fill(large, 1e30);
            double[] opposite = Arrays.stream(large).map(x -> -x).toArray();
            TokenBatch batch = TestModels.batch(9, 4, 6);
            Edit queries =
                    Intervention.replace(HookPoint.of(Site.ROT_Q, 1), Positions.at(2), large)
                            .rows(0)
                            .heads(1);
            Edit keys =
                    Intervention.replace(HookPoint.of(Site.ROT_K, 1), Positions.at(1), opposite);
            NonFinite found =
                    model.run(batch).intervene(queries, keys).findNonFinite().orElseThrow();
            assertThat(found.point()).isEqualTo(HookPoint.scores(1));
            assertThat(found.prompt()).isZero();
            assertThat(found.coordinates()).isEqualTo(ImmutableIntArray.of(1, 2, 1));
            assertThat(found.value()).isEqualTo(Double.NEGATIVE_INFINITY);
            assertThat(found.positions()).isEqualTo(ImmutableIntArray.of(2));
            assertThat(found.count()).isEqualTo(1);
            // the query sees no later key
            Edit later =
                    Intervention.replace(HookPoint.of(Site.ROT_K, 1), Positions.at(3), opposite);
            assertThat(model.run(batch).intervene(queries, later).findNonFinite()).isEmpty();
        }
    }

    @Test
    void sweepsLookAtScoresToo() {
        for (String name : List.of("gpt2", "bloom")) {
            try (HookedModel model = TestModels.load(name, ComputeType.FLOAT32)) {
                double[] large = new double[model.width() / model.heads()];
                Arrays.fill(large, 1e30);
                double[] opposite = Arrays.stream(large).map(x -> -x).toArray();
                Edit queries = Intervention.replace(HookPoint.q(1), Positions.at(2), large);
                Edit before = Intervention.replace(HookPoint.k(1), Positions.at(1), opposite);
                Edit later = Intervention.replace(HookPoint.k(1), Positions.at(3), opposite);
                for (Execution how : Execution.values()) {
                    Sweep sweep =
                            model.sweep(
                                            BaseRun.of(PROMPT),
                                            new BaseRun(PROMPT, ImmutableList.of(queries, before)))
                                    .checkFinite()
                                    .execution(how);
                    Cell seen = Cell.of(0, queries, before);
                    Cell unseen = Cell.of(0, queries, later);
                    assertThatThrownBy(() -> sweep.cells(List.of(unseen, seen)).execute())
                            .hasMessageContaining("cell 1 of the sweep")
                            .hasMessageContaining("blocks.1.attn.hook_attn_scores is -infinity");
                    assertThat(sweep.cells(List.of(unseen)).execute()).hasSize(1);
                    assertThatThrownBy(() -> sweep.cells(List.of(Cell.of(1))).execute())
                            .hasMessageContaining("blocks.1.attn.hook_attn_scores is -infinity");
                }
            }
        }
    }

    @Test
    void paddingIsPassedOver() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            TokenBatch batch = TestModels.batch(8, 3, 7).paddedLeft();
            HookPoint last = HookPoint.residual(model.layers());
            Edit everywhere =
                    Intervention.custom(
                            last,
                            (value, context) -> {
                                value = value.duplicate();
                                value.set(new ai.djl.ndarray.index.NDIndex("0, 0:4"), Float.NaN);
                                return value;
                            });
            assertThat(batch.start(0)).isEqualTo(4);
            assertThat(model.run(batch).intervene(everywhere).findNonFinite()).isEmpty();
            Edit oneMore =
                    Intervention.custom(
                            last,
                            (value, context) -> {
                                value = value.duplicate();
                                value.set(new ai.djl.ndarray.index.NDIndex("0, 0:5"), Float.NaN);
                                return value;
                            });
            NonFinite found = model.run(batch).intervene(oneMore).findNonFinite().orElseThrow();
            assertThat(found.point()).isEqualTo(last);
            assertThat(found.prompt()).isZero();
            assertThat(found.positions()).isEqualTo(ImmutableIntArray.of(0));
            assertThat(found.count()).isEqualTo(model.width());
            assertThat(found.intervention()).contains(oneMore);
        }
    }

    @Test
    void theInterventionThatBroughtItInIsNamedAmongSeveral() {
        try (HookedModel model = TestModels.load("llama", ComputeType.FLOAT32)) {
            HookPoint point = HookPoint.mlpOut(1);
            Edit fine = Intervention.scale(point, Positions.all(), 2);
            Edit bad = nan(point, Positions.at(1));
            Edit mended = Intervention.zero(point, Positions.at(1));
            assertThat(
                            model.run(PROMPT)
                                    .intervene(fine, bad, fine)
                                    .findNonFinite()
                                    .flatMap(NonFinite::intervention))
                    .containsSame(bad);
            assertThat(model.run(PROMPT).intervene(bad, mended).findNonFinite()).isEmpty();
            assertThatThrownBy(
                            () ->
                                    model.run(PROMPT)
                                            .intervene(bad)
                                            .capture(HookPoint.residual(3))
                                            .checkFinite()
                                            .execute())
                    .isInstanceOf(NonFiniteException.class)
                    .hasMessageContaining("\"" + bad + "\" put it there");
        }
    }

    @Test
    void generationNamesGeneratedPositions() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            Edit edit = nan(HookPoint.residual(2), Positions.at(8)).during(Phase.DECODE);
            GenerationRequest request =
                    model.generation(PROMPT).maxNewTokens(5).ignoringEndOfText().intervene(edit);
            NonFiniteException thrown =
                    assertThrows(NonFiniteException.class, () -> request.checkFinite().run());
            assertThat(thrown.found().point()).isEqualTo(HookPoint.residual(2));
            assertThat(thrown.found().position()).isEqualTo(8); // the third new token
            assertThat(thrown.found().intervention()).contains(edit);
            assertThat(thrown.cell()).isEmpty();
        }
    }

    @Test
    void theInputIsThatOfTheSamePass() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT16)) {
            double[] large = new double[model.width()];
            Arrays.fill(large, 60000);
            HookPoint positions = HookPoint.of(Site.POS_EMBED, 0);
            GenerationRequest request =
                    model.generation(PROMPT)
                            .maxNewTokens(4)
                            .ignoringEndOfText()
                            .intervene(
                                    Intervention.replace(HookPoint.embed(), Positions.at(7), large)
                                            .during(Phase.DECODE),
                                    Intervention.replace(positions, Positions.at(7), large)
                                            .during(Phase.DECODE));
            NonFinite found =
                    assertThrows(NonFiniteException.class, () -> request.checkFinite().run())
                            .found();
            assertThat(found.point()).isEqualTo(HookPoint.residual(0));
            assertThat(found.input().orElseThrow().largest()).isEqualTo(60000);
        }
    }

    @Test
    void aDifferenceThatNothingIsComputedFromMayOverflow() {
        CheckpointCopy copy = CheckpointCopy.of("opt_350m_style", directory);
        Arrays.fill(copy.values("model.decoder.layers.0.self_attn_layer_norm.bias"), 100);
        copy.write();
        try (HookedModel model =
                HookedModel.loader(directory).computeType(ComputeType.FLOAT16).load()) {
            double[] low = new double[model.width()];
            low[3] = -65472;
            Run run =
                    model.run(PROMPT)
                            .intervene(
                                    Intervention.replace(
                                            HookPoint.residual(0), Positions.at(2), low),
                                    Intervention.zero(HookPoint.q(0), Positions.all()),
                                    Intervention.zero(HookPoint.k(0), Positions.all()),
                                    Intervention.zero(HookPoint.v(0), Positions.all()));
            HookPoint added = HookPoint.attnOut(0);
            double[] difference = run.capture(added).execute().get(added).doubles(0);
            assertThat(Arrays.stream(difference).filter(Double::isInfinite)).isNotEmpty();
            assertThat(run.findNonFinite()).isEmpty();
        }
    }

    @Test
    void sweepsCheckTheLogitsTheyRead() {
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        copy.values("transformer.ln_f.bias")[0] = Float.NaN;
        try (HookedModel model = HookedModel.load(copy.write())) {
            Sweep sweep = model.sweep(BaseRun.of(PROMPT)).cells(List.of(Cell.of(0))).checkFinite();
            NonFiniteException thrown = assertThrows(NonFiniteException.class, sweep::execute);
            assertThat(thrown.found().point()).isEqualTo(HookPoint.logits());
            assertThat(thrown.cell()).hasValue(0);
        }
    }

    @Test
    void everyKindOfRunIsChecked() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            HookPoint point = HookPoint.residual(2);
            Run bad = model.run(PROMPT).intervene(nan(point, Positions.at(1))).checkFinite();
            assertThrows(NonFiniteException.class, bad::execute);
            assertThrows(NonFiniteException.class, () -> bad.capture(point).execute());
            assertThrows(NonFiniteException.class, () -> bad.capture(point).tensors());
            Metric logit = Metric.logit(4);
            assertThrows(NonFiniteException.class, () -> bad.gradients(logit, point));
            assertThrows(
                    NonFiniteException.class,
                    () -> bad.jacobian(2, Positions.at(1), 3, Positions.last()));
            // a run that ends before the point has nothing to say of it
            assertThat(model.run(PROMPT).capture(HookPoint.residual(1)).checkFinite().execute())
                    .isNotNull();
            int arrays = model.runtime().liveArrays();
            assertThrows(NonFiniteException.class, () -> bad.capture(point).tensors());
            assertThat(model.runtime().liveArrays()).isEqualTo(arrays);
        }
    }

    @Test
    void checkingChangesResultsByRoundingAtMost() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            double[] plain = model.run(PROMPT).execute().next().logits();
            double[] checked = model.run(PROMPT).checkFinite().execute().next().logits();
            assertThat(checked).containsExactly(plain, within(1e-4));
        }
    }

    @Test
    void sweepsCountCellsAsTheyWereGiven() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            Cell fine = Cell.of(0, Intervention.zero(HookPoint.residual(1), Positions.at(2)));
            Cell bad = Cell.of(0, nan(HookPoint.residual(1), Positions.at(2)));
            Path journal = directory.resolve("sweep.journal");
            Sweep sweep = model.sweep(BaseRun.of(PROMPT)).resume(journal);
            NonFiniteException thrown =
                    assertThrows(
                            NonFiniteException.class,
                            () ->
                                    sweep.cells(List.of(fine, fine, fine, bad, bad))
                                            .checkFinite()
                                            .memoryBudget(1)
                                            .execute());
            assertThat(thrown.cell()).hasValue(3);
            // those that are finished are not computed again, and the place stays the same
            thrown =
                    assertThrows(
                            NonFiniteException.class,
                            () ->
                                    sweep.cells(List.of(fine, fine, fine, bad, bad))
                                            .checkFinite()
                                            .execute());
            assertThat(thrown.cell()).hasValue(3);
        }
    }

    @Test
    void sweepsNameBaseRunsPatchesAndGeneratedTokens() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            HookPoint point = HookPoint.residual(1);
            BaseRun base = BaseRun.of(PROMPT);
            BaseRun broken =
                    new BaseRun(
                            PROMPT, ImmutableList.of(nan(HookPoint.mlpOut(1), Positions.at(0))));
            Patch copied =
                    Patch.of(1, HookPoint.residual(2), Positions.at(0)).to(point, Positions.at(3));
            Sweep two = model.sweep(base, broken).cells(List.of(Cell.of(0).patched(copied)));
            for (Execution execution : Execution.values()) {
                NonFiniteException thrown =
                        assertThrows(
                                NonFiniteException.class,
                                () -> two.checkFinite().execution(execution).execute());
                assertThat(thrown).hasMessageStartingWith("base run 1 of the sweep: ");
                assertThat(thrown.cell()).isEmpty();
                assertThat(thrown.found().point()).isEqualTo(HookPoint.mlpOut(1));
            }
            Patch mapped =
                    Patch.of(0, point, Positions.at(0))
                            .to(point, Positions.at(3))
                            .mapped("broken", h -> at(h, 0, Double.NaN));
            NonFiniteException thrown =
                    assertThrows(
                            NonFiniteException.class,
                            () ->
                                    model.sweep(base)
                                            .cells(List.of(Cell.of(0), Cell.of(0).patched(mapped)))
                                            .checkFinite()
                                            .execute());
            assertThat(thrown.cell()).hasValue(1);
            assertThat(thrown.found().point()).isEqualTo(point);
            assertThat(thrown.found().positions()).isEqualTo(ImmutableIntArray.of(3));
            assertThat(thrown.found().intervention()).isPresent();
            // at the last layer there is no block left to show it
            HookPoint end = HookPoint.residual(model.layers());
            for (Reading reading : List.of(Reading.top(1), Reading.lastResidual())) {
                thrown =
                        assertThrows(
                                NonFiniteException.class,
                                () ->
                                        model.sweep(base)
                                                .cells(
                                                        List.of(
                                                                Cell.of(
                                                                        0,
                                                                        nan(
                                                                                end,
                                                                                Positions.last()))))
                                                .reading(reading)
                                                .checkFinite()
                                                .execute());
                assertThat(thrown.found().point()).isEqualTo(end);
            }
        }
    }

    @Test
    void baseRunsThatAFunctionChangesAreNamed() {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            HookPoint point = HookPoint.mlpOut(2);
            Edit function = Intervention.custom(point, (value, context) -> value.mul(Float.NaN));
            BaseRun base = new BaseRun(PROMPT, ImmutableList.of(function));
            Patch copied =
                    Patch.of(1, HookPoint.residual(1), Positions.last())
                            .to(HookPoint.residual(2), Positions.last());
            Sweep sweep =
                    model.sweep(BaseRun.of(PROMPT), base)
                            .cells(List.of(Cell.of(0).patched(copied)));
            NonFiniteException thrown =
                    assertThrows(NonFiniteException.class, () -> sweep.checkFinite().execute());
            assertThat(thrown).hasMessageStartingWith("base run 1 of the sweep: ");
            assertThat(thrown.found().point()).isEqualTo(point);
            assertThat(thrown.found().intervention()).contains(function);
            assertThat(sweep.execute()).hasSize(1); // what is read does not come by it
        }
    }

    @Test
    void whatPrecisionCannotHoldIsFoundInLargeTensorsToo() {
        CheckpointCopy.of("gpt2", directory).writeConfig();
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint checkpoint = Checkpoint.open(TestModels.directory("gpt2"))) {
            for (String name : checkpoint.tensorNames()) {
                StoredTensor tensor = checkpoint.tensor(name);
                double[] values = tensor.toDoubles();
                if (name.equals("transformer.wte.weight")) {
                    // a larger table than is looked through at a time
                    values = Arrays.copyOf(values, 70_000);
                    values[values.length - 1] = 1e39;
                    writer.add(name, values, 1000, 70);
                } else {
                    writer.add(name, values, tensor.shape().toArray());
                }
            }
        }
        writer.write(directory.resolve("model.safetensors"));
        ModelLoader loader = HookedModel.loader(directory);
        NonFiniteWeight weight = loader.nonFiniteWeights().get(0);
        assertThat(weight.index()).isEqualTo(ImmutableLongArray.of(999, 69));
        assertThat(weight.value()).isEqualTo(1e39);
        assertThat(weight).asString().contains("infinite as float32: load as float64");
        assertThat(loader.computeType(ComputeType.FLOAT64).nonFiniteWeights()).isEmpty();
    }

    @Test
    void sweepsCheckWhatTheyGenerate() {
        CheckpointCopy copy = CheckpointCopy.of("gpt2", directory);
        float[] positions = copy.values("transformer.wpe.weight");
        int width = 48;
        positions[(PROMPT.length() + 1) * width] = Float.NaN; // the second new token's
        try (HookedModel model = HookedModel.load(copy.write())) {
            assertThat(model.width()).isEqualTo(width);
            Cell cell = Cell.of(0, Intervention.zero(HookPoint.residual(1), Positions.at(2)));
            Sweep sweep =
                    model.sweep(BaseRun.of(PROMPT)).cells(List.of(cell)).generate(4).checkFinite();
            for (Execution execution : Execution.values()) {
                NonFiniteException thrown =
                        assertThrows(
                                NonFiniteException.class,
                                () -> sweep.execution(execution).execute());
                assertThat(thrown.found().point()).isEqualTo(HookPoint.of(Site.POS_EMBED, 0));
                assertThat(thrown.found().position()).isEqualTo(PROMPT.length() + 1);
                assertThat(thrown.cell()).hasValue(0);
            }
        }
    }

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
            Cell cell = Cell.of(0, nan(HookPoint.residual(1), Positions.last()));
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
                                .intervene(nan(wrong, Positions.at(2)))
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
