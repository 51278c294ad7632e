package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a report of values that are not finite says, and what it passes over. */
class FiniteCheckTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(3, 6);

    @TempDir Path directory;

    /** A change that makes NaN of what is there. */
    static Edit nan(HookPoint point, Positions positions) {
        return Intervention.scale(point, positions, Double.NaN);
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
}
