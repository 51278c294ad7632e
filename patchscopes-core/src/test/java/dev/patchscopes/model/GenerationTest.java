package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;
import com.google.gson.JsonPrimitive;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generation on the cache, against the same thing done by full forward passes. */
class GenerationTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(51, 5);

    private static TokenizedPrompt extended(TokenizedPrompt prompt, List<Integer> more) {
        return TokenizedPrompt.ofIds(Ints.concat(prompt.ids().toArray(), Ints.toArray(more)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2",
                "llama_gqa_llama3",
                "gemma2",
                "opt_350m_style",
                "bloom_6heads",
                "falcon_7b_style",
                "gpt_neox_parallel",
                "mistral",
                "phi"
            })
    void greedyIsTheArgumentOfTheMaximumStepByStep(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            int steps = 10; // beyond the shortest window
            Generation generation =
                    model.generation(PROMPT).maxNewTokens(steps).ignoringEndOfText().run().first();
            assertThat(generation.reason()).isEqualTo(Generation.StopReason.LENGTH);
            assertThat(generation.prompt()).isEqualTo(PROMPT);
            ImmutableIntArray ids = generation.ids();
            assertThat(ids.length()).isEqualTo(steps);
            for (int step = 0; step < steps; step++) {
                TokenDistribution next =
                        model.run(extended(PROMPT, ids.subArray(0, step).asList()))
                                .execute()
                                .next();
                assertThat(ids.get(step)).as("step %d", step).isEqualTo(next.argMax());
                TokenProbability token = generation.tokens().get(step);
                assertThat(token.id()).isEqualTo(ids.get(step));
                assertThat(token.probability())
                        .isCloseTo(softmax(next.logits(), ids.get(step)), within(1e-11));
            }
        }
    }

    private static double softmax(double[] logits, int id) {
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - logits[id]);
        }
        return 1 / sum;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3", "gemma2", "bloom_6heads", "qwen2_swa"})
    void capturesWhileDecodingAreThoseOfOneForwardPass(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            int steps = 6;
            ImmutableList<HookPoint> points = model.hookPoints();
            Generations generations =
                    model.generation(PROMPT)
                            .maxNewTokens(steps)
                            .ignoringEndOfText()
                            .capture(points.toArray(new HookPoint[0]))
                            .run();
            TokenizedPrompt readBack =
                    extended(PROMPT, generations.first().ids().asList().subList(0, steps - 1));
            Activations whole = model.run(readBack).capture(points).execute();
            for (HookPoint point : points) {
                Activation got = generations.activations().get(point);
                Activation expected = whole.get(point);
                assertThat(got.shape(0)).as(point.name()).isEqualTo(expected.shape(0));
                assertThat(got.doubles(0))
                        .as(point.name())
                        .containsExactly(expected.doubles(0), within(1e-10));
            }
            int total = PROMPT.length() + steps - 1;
            assertThat(generations.activations().get(HookPoint.residual(1)).shape(0))
                    .isEqualTo(ImmutableIntArray.of(total, model.width()));
            assertThat(generations.activations().get(HookPoint.pattern(0)).shape(0))
                    .isEqualTo(ImmutableIntArray.of(model.heads(), total, total));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2",
                "llama_gqa_llama3",
                "mistral",
                "bloom_6heads",
                "opt",
                "phi3_longrope"
            })
    void aBatchIsItsPromptsAlone(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            TokenBatch batch = TestModels.batch(52, 3, 9, 6);
            for (TokenBatch layout : List.of(batch, batch.paddedRight())) {
                Generations all =
                        model.generation(layout)
                                .maxNewTokens(8)
                                .capture(HookPoint.residual(2))
                                .run();
                for (int row = 0; row < batch.rows(); row++) {
                    Generations one =
                            model.generation(batch.prompt(row))
                                    .maxNewTokens(8)
                                    .capture(HookPoint.residual(2))
                                    .run();
                    Generation got = all.all().get(row);
                    assertThat(got.ids()).isEqualTo(one.first().ids());
                    assertThat(got.reason()).isEqualTo(one.first().reason());
                    double[] alone = one.activations().get(HookPoint.residual(2)).doubles(0);
                    double[] together = all.activations().get(HookPoint.residual(2)).doubles(row);
                    assertThat(Arrays.copyOf(together, alone.length))
                            .containsExactly(alone, within(1e-10));
                }
            }
        }
    }

    @Test
    void endOfTextEndsAndIsNotPartOfTheText(@TempDir Path directory) {
        int[] greedy;
        try (HookedModel model = TestModels.exact("gpt2")) {
            greedy =
                    model.generation(PROMPT)
                            .maxNewTokens(6)
                            .ignoringEndOfText()
                            .run()
                            .first()
                            .ids()
                            .toArray();
        }
        int end = greedy[3];
        int before = 0;
        while (greedy[before] != end) {
            before++; // the first time it is chosen
        }
        Path copy =
                CheckpointCopy.of("gpt2", directory)
                        .config("eos_token_id", new JsonPrimitive(end))
                        .write();
        try (HookedModel model = HookedModel.loader(copy).computeType(ComputeType.FLOAT64).load()) {
            Generation generation = model.generation(PROMPT).maxNewTokens(6).run().first();
            assertThat(generation.reason()).isEqualTo(Generation.StopReason.END_OF_TEXT);
            assertThat(generation.ids().asList())
                    .containsExactlyElementsOf(Ints.asList(greedy).subList(0, before));
            assertThat(generation.tokens()).hasSize(before);
            Generation on =
                    model.generation(PROMPT).maxNewTokens(6).ignoringEndOfText().run().first();
            assertThat(on.ids().toArray()).containsExactly(greedy);
            assertThat(on.reason()).isEqualTo(Generation.StopReason.LENGTH);

            // a row that ends early leaves the others going
            TokenizedPrompt other = TestModels.prompt(53, 7);
            Generations both = model.generation(TokenBatch.of(PROMPT, other)).maxNewTokens(6).run();
            assertThat(both.all().get(0).ids()).isEqualTo(generation.ids());
            assertThat(both.all().get(1).ids())
                    .isEqualTo(model.generation(other).maxNewTokens(6).run().first().ids());
        }
    }

    /** Gaps between positions, so that turning by relative position sees them too. */
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3"})
    void decodingGoesOnFromTheGivenPositions(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            int[][] prompts = {PROMPT.ids().toArray(), TestModels.prompt(54, 3).ids().toArray()};
            int[][] positions = {{3, 4, 7, 8, 13}, {5, 9, 10}};
            int[][] ids = {prompts[0], Ints.concat(new int[2], prompts[1])};
            int[][] mask = {{1, 1, 1, 1, 1}, {0, 0, 1, 1, 1}};
            int[][] laidOut = {positions[0], Ints.concat(new int[2], positions[1])};
            HookPoint[] points = {HookPoint.residual(3), HookPoint.pattern(1), HookPoint.logits()};
            int steps = 6;
            Generations generations =
                    model.generation(TokenBatch.ofPadded(ids, mask, laidOut))
                            .maxNewTokens(steps)
                            .ignoringEndOfText()
                            .capture(points)
                            .run();
            for (int row = 0; row < prompts.length; row++) {
                int last = positions[row][positions[row].length - 1];
                int[] more = generations.all().get(row).ids().toArray();
                int[] readBack = Ints.concat(prompts[row], Arrays.copyOf(more, steps - 1));
                int[] places =
                        Ints.concat(
                                positions[row], IntStream.range(last + 1, last + steps).toArray());
                int[] real = new int[readBack.length];
                Arrays.fill(real, 1);
                Activations whole =
                        model.run(
                                        TokenBatch.ofPadded(
                                                new int[][] {readBack},
                                                new int[][] {real},
                                                new int[][] {places}))
                                .capture(points)
                                .logits()
                                .execute();
                for (HookPoint point : points) {
                    assertThat(generations.activations().get(point).doubles(row))
                            .as("%s of row %d", point, row)
                            .containsExactly(whole.get(point).doubles(0), within(1e-10));
                }
                assertThat(more[steps - 1]).isEqualTo(whole.next().argMax());
                // and the positions matter
                assertThat(
                                model.run(TokenizedPrompt.ofIds(readBack))
                                        .execute()
                                        .next()
                                        .logits()[more[steps - 1]])
                        .isNotCloseTo(whole.next().logits()[more[steps - 1]], within(1e-6));
            }
        }
    }

    @Test
    void aRequestIsAValue() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            GenerationRequest short3 = model.generation(PROMPT).maxNewTokens(3);
            GenerationRequest long7 = short3.maxNewTokens(7);
            assertThat(short3.run().first().ids().length()).isEqualTo(3);
            assertThat(long7.run().first().ids().length()).isEqualTo(7);
            assertThat(long7.run().first().ids().subArray(0, 3))
                    .isEqualTo(short3.run().first().ids());
            assertThat(model.generation(PROMPT).run().first().ids().length()).isEqualTo(20);
        }
    }
}
