package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonPrimitive;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers at the ends of their range. */
class NumericsTest {
    private static final TokenizedPrompt PROMPT = TestModels.prompt(4, 9);

    /** A norm undoes any scale of its input, unless its statistics overflow. */
    @ParameterizedTest
    @ValueSource(strings = {"stablelm_parallel", "olmo2", "qwen3", "gemma3", "phi_qkln_gqa"})
    void normsOfQueriesDoNotOverflowInFloat16(String name) {
        double[] plain;
        double[] scaled;
        try (HookedModel model = TestModels.load(name, ComputeType.FLOAT16)) {
            plain = model.run(PROMPT).execute().next().logits();
            scaled =
                    model.run(PROMPT)
                            .intervene(Intervention.scale(HookPoint.q(1), Positions.all(), 1000))
                            .execute()
                            .next()
                            .logits();
        }
        // float16 keeps eleven bits; an overflow moves logits by several units
        assertThat(scaled).containsExactly(plain, within(0.1));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-30, 1, 1e30})
    void projectsOutDirectionsOfAnyLength(double length) {
        try (HookedModel model = TestModels.load("gpt2", ComputeType.FLOAT32)) {
            HookPoint point = HookPoint.residual(2);
            float[] direction = TestModels.vector(5, model.width());
            float[] stretched = direction.clone();
            for (int i = 0; i < stretched.length; i++) {
                stretched[i] *= (float) length;
            }
            float[] left =
                    model.run(PROMPT)
                            .intervene(Intervention.projectOut(point, Positions.last(), stretched))
                            .capture(point)
                            .execute()
                            .vector(point, Positions.last());
            float[] before =
                    model.run(PROMPT).capture(point).execute().vector(point, Positions.last());
            assertThat(dot(before, direction)).isNotCloseTo(0, within(0.1));
            assertThat(dot(left, direction)).isCloseTo(0, within(1e-4));
        }
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1})
    void editsOfScoresNeverShowTheFuture(double factor) {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Activations edited =
                    model.run(PROMPT)
                            .intervene(
                                    Intervention.scale(
                                            HookPoint.scores(1), Positions.all(), factor))
                            .capture(HookPoint.pattern(1))
                            .logits()
                            .execute();
            assertThat(edited.next().logits()).doesNotContain(Double.NaN);
            Activation pattern = edited.get(HookPoint.pattern(1));
            for (int query = 0; query < PROMPT.length(); query++) {
                double sum = 0;
                for (int key = 0; key < PROMPT.length(); key++) {
                    double weight = pattern.get(0, 0, query, key);
                    assertThat(weight > 0).as("%d sees %d", query, key).isEqualTo(key <= query);
                    sum += weight;
                }
                assertThat(sum).isCloseTo(1, within(1e-12));
            }
        }
    }

    @Test
    void logitsThatAreNoNumbersAreAnError() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Edit edit = Intervention.zero(HookPoint.of(Site.LN_FINAL_SCALE, 0), Positions.last());
            assertThatThrownBy(() -> model.run(PROMPT).intervene(edit).execute())
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("the logits of prompt 0 are no distribution, one is NaN");
            Cell cell =
                    Cell.of(
                            0,
                            Intervention.scale(
                                    HookPoint.residual(1), Positions.last(), Double.NaN));
            assertThatThrownBy(
                            () ->
                                    model.sweep(BaseRun.of(PROMPT))
                                            .cells(java.util.List.of(cell))
                                            .execute())
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("are no distribution, one is NaN");
        }
    }

    @Test
    void attentionThatNoMemoryHoldsIsRefusedFirst(@TempDir Path directory) {
        Path copy =
                CheckpointCopy.of("llama", directory)
                        .config("max_position_embeddings", new JsonPrimitive(1_000_000))
                        .write();
        try (HookedModel model = HookedModel.load(copy)) {
            TokenizedPrompt endless = TokenizedPrompt.ofIds(new int[200_000]);
            assertThatThrownBy(() -> model.run(TokenBatch.of(endless)).execute())
                    .isInstanceOf(PromptTooLongException.class)
                    .hasMessageContaining("1 prompts of up to 200000 tokens")
                    .hasMessageContaining("shorten the prompts");
        }
    }
}
