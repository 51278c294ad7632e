package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients against central differences in float64, and what is refused. */
class GradientTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(31, 6);
    private static final double STEP = 1e-7;

    static Stream<Arguments> modelsAndPoints() {
        return Stream.of(
                        "gpt2",
                        "llama_gqa_llama3",
                        "gemma2",
                        "opt_350m_style",
                        "bloom_6heads",
                        "gpt_neox_parallel")
                .map(
                        name ->
                                Arguments.of(
                                        name,
                                        List.of(
                                                HookPoint.embed(),
                                                HookPoint.residual(0),
                                                HookPoint.residual(2),
                                                HookPoint.attnOut(1),
                                                HookPoint.mlpOut(1),
                                                HookPoint.mlpPost(1),
                                                HookPoint.of(Site.MLP_PRE, 0),
                                                HookPoint.q(1),
                                                HookPoint.k(1),
                                                HookPoint.v(1),
                                                HookPoint.z(1),
                                                HookPoint.pattern(1),
                                                HookPoint.scores(1),
                                                HookPoint.logits())));
    }

    @ParameterizedTest
    @MethodSource("modelsAndPoints")
    void gradientsAreCentralDifferences(String name, List<HookPoint> points) {
        try (HookedModel model = TestModels.exact(name)) {
            Metric metric = Metric.logProbability(17);
            Gradients gradients =
                    model.run(PROMPT).gradients(metric, points.toArray(new HookPoint[0]));
            assertThat(gradients.value())
                    .isCloseTo(
                            model.run(PROMPT).execute().next().logProbability(17), within(1e-11));
            for (HookPoint point : points) {
                assertDirection(model, gradients, point);
            }
        }
    }

    /** The derivative along a random direction, and along one through the last position. */
    private static void assertDirection(HookedModel model, Gradients gradients, HookPoint point) {
        Activation gradient = gradients.of(point);
        int[] shape = gradient.shape(0).toArray();
        double[] direction = new double[gradient.doubles(0).length];
        Random random = new Random(5);
        double slope = 0;
        for (int i = 0; i < direction.length; i++) {
            int key = i % shape[shape.length - 1];
            int query = i / shape[shape.length - 1] % shape[shape.length - 2];
            // masked scores are infinite and stay out of it
            boolean masked = point.site() == Site.ATTN_SCORES && key > query;
            direction[i] = masked ? 0 : random.nextGaussian();
            slope += direction[i] * gradient.doubles(0)[i];
        }
        double difference =
                (shifted(model, point, direction, STEP) - shifted(model, point, direction, -STEP))
                        / (2 * STEP);
        assertThat(slope)
                .as("slope at %s", point)
                .isCloseTo(difference, within(1e-6 * (1 + Math.abs(difference))));
        assertThat(Math.abs(slope)).as("slope at %s", point).isGreaterThan(1e-7);
    }

    private static double shifted(
            HookedModel model, HookPoint point, double[] direction, double by) {
        Edit shift =
                Intervention.custom(
                        point,
                        (value, context) ->
                                value.add(
                                        value.getManager()
                                                .create(direction, value.getShape())
                                                .mul(by)));
        return model.run(PROMPT).intervene(shift).execute().next().logProbability(17);
    }

    @Test
    void everyMetricIsWhatItsNameSays() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenDistribution next = model.run(PROMPT).execute().next();
            assertMetric(model, Metric.logit(9), next.logit(9), id -> id == 9 ? 1 : 0);
            assertMetric(
                    model,
                    Metric.logProbability(9),
                    next.logProbability(9),
                    id -> (id == 9 ? 1 : 0) - next.probability(id));
            assertMetric(
                    model,
                    Metric.probability(9),
                    next.probability(9),
                    id -> next.probability(9) * ((id == 9 ? 1 : 0) - next.probability(id)));
            assertMetric(
                    model,
                    Metric.logitDifference(9, 4),
                    next.logit(9) - next.logit(4),
                    id -> id == 9 ? 1 : id == 4 ? -1 : 0);
        }
    }

    private interface ByToken {
        double at(int id);
    }

    private static void assertMetric(
            HookedModel model, Metric metric, double value, ByToken derivative) {
        Gradients gradients = model.run(PROMPT).gradients(metric, HookPoint.logits());
        assertThat(gradients.value()).isCloseTo(value, within(1e-11));
        double[] last = gradients.of(HookPoint.logits()).vectorDoubles(0, PROMPT.length() - 1);
        for (int id = 0; id < last.length; id++) {
            assertThat(last[id]).isCloseTo(derivative.at(id), within(1e-12));
        }
        assertThat(gradients.of(HookPoint.logits()).vectorDoubles(0, 0)).containsOnly(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3"})
    void overABatchTheMetricIsTheSum(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            TokenBatch batch = TestModels.batch(32, 4, 7);
            HookPoint point = HookPoint.residual(1);
            Gradients both = model.run(batch).gradients(Metric.logProbability(5), point);
            double sum = 0;
            for (int row = 0; row < 2; row++) {
                Gradients one =
                        model.run(batch.prompt(row)).gradients(Metric.logProbability(5), point);
                sum += one.value();
                assertThat(both.of(point).shape(row)).isEqualTo(one.of(point).shape(0));
                assertThat(both.of(point).doubles(row))
                        .containsExactly(one.of(point).doubles(0), within(1e-10));
            }
            assertThat(both.value()).isCloseTo(sum, within(1e-10));
        }
    }

    @Test
    void gradientsGoThroughInterventions() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            HookPoint early = HookPoint.residual(1);
            HookPoint late = HookPoint.residual(2);
            float[] vector = TestModels.vector(33, model.width());
            Gradients plain = model.run(PROMPT).gradients(Metric.logit(9), early);
            Gradients replaced =
                    model.run(PROMPT)
                            .intervene(Intervention.replace(late, Positions.all(), vector))
                            .gradients(Metric.logit(9), early, late);
            assertThat(replaced.of(early).doubles(0)).containsOnly(0);
            assertThat(replaced.of(late).vectorDoubles(0, 5)).doesNotContain(0.0);
            // where scaling by one is the edit, nothing changes; by two at the point itself,
            // the gradient is that of what the model goes on with
            Gradients scaled =
                    model.run(PROMPT)
                            .intervene(Intervention.scale(early, Positions.all(), 1))
                            .gradients(Metric.logit(9), early);
            assertThat(scaled.of(early).doubles(0))
                    .containsExactly(plain.of(early).doubles(0), within(1e-12));
            for (Intervention edit :
                    List.of(
                            Intervention.scale(late, Positions.at(2, 5), 0.5),
                            Intervention.interpolate(late, Positions.all(), 0.5, vector),
                            Intervention.mean(late, Positions.last()),
                            Intervention.projectOut(late, Positions.all(), vector),
                            Intervention.add(
                                    HookPoint.z(1),
                                    Positions.all(),
                                    1,
                                    2,
                                    3,
                                    4,
                                    5,
                                    6,
                                    7,
                                    8,
                                    9,
                                    10,
                                    11,
                                    12))) {
                double[] direction =
                        new Random(6).doubles((long) PROMPT.length() * model.width()).toArray();
                Gradients edited =
                        model.run(PROMPT).intervene(edit).gradients(Metric.logit(9), early);
                double slope = 0;
                for (int i = 0; i < direction.length; i++) {
                    slope += direction[i] * edited.of(early).doubles(0)[i];
                }
                double difference =
                        (along(model, edit, early, direction, STEP)
                                        - along(model, edit, early, direction, -STEP))
                                / (2 * STEP);
                assertThat(slope)
                        .as(edit.toString())
                        .isCloseTo(difference, within(1e-6 * (1 + Math.abs(difference))));
            }
        }
    }

    private static double along(
            HookedModel model, Intervention edit, HookPoint point, double[] direction, double by) {
        Edit shift =
                Intervention.custom(
                        point,
                        (value, context) ->
                                value.add(
                                        value.getManager()
                                                .create(direction, value.getShape())
                                                .mul(by)));
        return model.run(PROMPT).intervene(shift, edit).execute().next().logit(9);
    }

    @Test
    void activationsComeWithTheGradients() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            HookPoint point = HookPoint.z(1);
            Gradients gradients = model.run(PROMPT).gradients(Metric.logit(9), point);
            assertThat(gradients.activations().get(point).doubles(0))
                    .containsExactly(
                            model.run(PROMPT).capture(point).execute().get(point).doubles(0),
                            within(1e-12));
            assertThatThrownBy(() -> gradients.of(HookPoint.z(0)))
                    .isInstanceOf(UnknownSiteException.class)
                    .hasMessageContaining("blocks.0.attn.hook_z")
                    .hasMessageContaining("blocks.1.attn.hook_z");
        }
    }

    @Test
    void whatHasNoGradientSaysWhy() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Run run = model.run(PROMPT);
            HookPoint point = HookPoint.residual(1);
            assertThatThrownBy(() -> run.gradients(logits -> logits, point))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("(1, 131)")
                    .hasMessageContaining("expected one value");
            assertThatThrownBy(() -> run.gradients(logits -> null, point))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("null");
            assertThatThrownBy(() -> run.gradients(logits -> logits.duplicate().sum(), point))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("does not depend on any of the points");
            assertThatThrownBy(() -> run.gradients(Metric.logit(131), point))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessageContaining("token id 131 is not in 0..130");
            assertThatThrownBy(() -> run.gradients(Metric.logit(1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(
                            () ->
                                    run.intervene(Intervention.map(point, Positions.last(), v -> v))
                                            .gradients(Metric.logit(1), point))
                    .isInstanceOf(InterventionException.class)
                    .hasMessageContaining("Intervention.custom");
        }
        try (HookedModel half = TestModels.load("gpt2", ComputeType.FLOAT16)) {
            Run run = half.run(PROMPT);
            assertThatThrownBy(() -> run.gradients(Metric.logit(1), HookPoint.residual(1)))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("float16")
                    .hasMessageContaining("ComputeType.FLOAT32");
            assertThatThrownBy(() -> run.jacobian(0, Positions.last(), 1, Positions.last()))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("float16");
        }
    }
}
