package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which values of a batch an edit reaches, in what order edits apply, and what captures show. */
class EditSelectionTest {

    private static final HookPoint MID = HookPoint.residual(1);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2",
                "llama_gqa_llama3",
                "bloom_6heads",
                "gemma2",
                "mistral",
                "llama_dynamic"
            })
    void rowsOfAnyPaddingReadAsAlone(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            TokenBatch left = TestModels.batch(1, 4, 9, 6);
            for (TokenBatch batch : List.of(left, left.paddedRight())) {
                Activations all =
                        model.run(batch)
                                .capture(MID, HookPoint.pattern(1), HookPoint.scores(0))
                                .logits()
                                .execute();
                for (int row = 0; row < batch.rows(); row++) {
                    Activations alone =
                            model.run(batch.prompt(row))
                                    .capture(MID, HookPoint.pattern(1), HookPoint.scores(0))
                                    .logits()
                                    .execute();
                    for (HookPoint point : alone.points()) {
                        assertThat(all.get(point).shape(row)).isEqualTo(alone.get(point).shape(0));
                        assertThat(all.get(point).doubles(row))
                                .as("%s of row %d", point, row)
                                .containsExactly(alone.get(point).doubles(0), within(1e-10));
                    }
                    assertThat(all.next(row).logits())
                            .containsExactly(alone.next().logits(), within(1e-10));
                }
            }
        }
    }

    @Test
    void dynamicRotaryLooksAtEachPromptsOwnLength() {
        try (HookedModel model =
                HookedModel.loader(TestModels.directory("phi3_longrope"))
                        .computeType(ComputeType.FLOAT64)
                        .load()) {
            TokenBatch batch = TestModels.batch(2, 6, 30); // only the second exceeds 20 tokens
            Activations both = model.run(batch).execute();
            for (int row = 0; row < 2; row++) {
                assertThat(both.next(row).logits())
                        .containsExactly(
                                model.run(batch.prompt(row)).execute().next().logits(),
                                within(1e-10));
            }
        }
    }

    @Test
    void anEditOfSomeRowsLeavesTheOthersAlone() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenBatch left = TestModels.batch(3, 5, 8, 3);
            float[] vector = TestModels.vector(4, model.width());
            for (TokenBatch batch : List.of(left, left.paddedRight())) {
                Activations plain = model.run(batch).capture(MID).logits().execute();
                // position 4 exists in rows 0 and 1 only, which is no error as row 2 is not asked
                Activations edited =
                        model.run(batch)
                                .intervene(
                                        Intervention.replace(MID, Positions.at(4), vector)
                                                .rows(0, 1))
                                .capture(MID)
                                .logits()
                                .execute();
                for (int row : new int[] {0, 1}) {
                    Activations alone =
                            model.run(batch.prompt(row))
                                    .intervene(Intervention.replace(MID, Positions.at(4), vector))
                                    .execute();
                    assertThat(edited.next(row).logits())
                            .containsExactly(alone.next().logits(), within(1e-10));
                    assertThat(edited.get(MID).vector(row, 4)).containsExactly(vector);
                    assertThat(edited.get(MID).vector(row, 3))
                            .containsExactly(plain.get(MID).vector(row, 3));
                }
                assertThat(edited.next(2).logits()).containsExactly(plain.next(2).logits());
            }
        }
    }

    @Test
    void positionsCountFromEachRowsOwnEnd() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenBatch batch = TestModels.batch(5, 5, 8).paddedRight();
            Activations edited =
                    model.run(batch)
                            .intervene(Intervention.zero(MID, Positions.at(-2, 0)))
                            .capture(MID)
                            .execute();
            for (int row = 0; row < 2; row++) {
                int length = batch.length(row);
                for (int pos = 0; pos < length; pos++) {
                    boolean selected = pos == 0 || pos == length - 2;
                    double[] vector = edited.get(MID).vectorDoubles(row, pos);
                    assertThat(Arrays.stream(vector).allMatch(v -> v == 0)).isEqualTo(selected);
                }
            }
        }
    }

    @Test
    void oneVectorAPositionFollowsEachRowsOwnPositions() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenBatch batch = TestModels.batch(6, 5, 8);
            int width = model.width();
            float[] vectors = TestModels.vector(7, 2 * width);
            Activations edited =
                    model.run(batch)
                            .intervene(Intervention.replace(MID, Positions.at(-1, 1), vectors))
                            .capture(MID)
                            .execute();
            for (int row = 0; row < 2; row++) {
                assertThat(edited.get(MID).vector(row, 1))
                        .containsExactly(Arrays.copyOf(vectors, width));
                assertThat(edited.get(MID).vector(row, batch.length(row) - 1))
                        .containsExactly(Arrays.copyOfRange(vectors, width, 2 * width));
            }
        }
    }

    @Test
    void theMeanIsOfTheRowsOwnTokens() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenBatch batch = TestModels.batch(8, 5, 8);
            Activations plain = model.run(batch).capture(MID).execute();
            Activations edited =
                    model.run(batch)
                            .intervene(Intervention.mean(MID, Positions.last()))
                            .capture(MID)
                            .execute();
            for (int row = 0; row < 2; row++) {
                double sum = 0;
                for (int pos = 0; pos < batch.length(row); pos++) {
                    sum += plain.get(MID).get(row, pos, 11);
                }
                assertThat(edited.get(MID).get(row, batch.length(row) - 1, 11))
                        .isCloseTo(sum / batch.length(row), within(1e-12));
            }
        }
    }

    @Test
    void editsApplyInTheOrderGiven() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenizedPrompt prompt = TestModels.prompt(9, 5);
            double plain = model.run(prompt).capture(MID).execute().get(MID).get(0, 2, 3);
            float[] ones = new float[model.width()];
            Arrays.fill(ones, 1);
            Edit add = Intervention.add(MID, Positions.at(2), ones);
            Edit twice = Intervention.scale(MID, Positions.all(), 2);
            assertThat(valueAfter(model, prompt, add, twice))
                    .isCloseTo(2 * (plain + 1), within(1e-12));
            assertThat(valueAfter(model, prompt, twice, add))
                    .isCloseTo(2 * plain + 1, within(1e-12));
            assertThat(valueAfter(model, prompt, twice, add, twice))
                    .isCloseTo(2 * (2 * plain + 1), within(1e-12));
        }
    }

    private static double valueAfter(
            HookedModel model, TokenizedPrompt prompt, Intervention... changes) {
        return model.run(prompt).intervene(changes).capture(MID).execute().get(MID).get(0, 2, 3);
    }

    @Test
    void anEditAtALaterPointSeesWhatAnEarlierOneLeft() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenizedPrompt prompt = TestModels.prompt(10, 5);
            List<double[]> seen = new ArrayList<>();
            model.run(prompt)
                    .intervene(
                            Intervention.map(
                                    HookPoint.residual(2),
                                    Positions.last(),
                                    v -> {
                                        seen.add(v.clone());
                                        return v;
                                    }),
                            Intervention.zero(HookPoint.residual(1), Positions.last()))
                    .execute();
            double[] expected =
                    model.run(prompt)
                            .intervene(Intervention.zero(HookPoint.residual(1), Positions.last()))
                            .capture(HookPoint.residual(2))
                            .execute()
                            .vectorDoubles(HookPoint.residual(2), Positions.last());
            assertThat(seen).hasSize(1);
            assertThat(seen.get(0)).containsExactly(expected);
        }
    }

    @Test
    void capturesShowWhatTheModelGoesOnWithAndNothingLater() {
        try (HookedModel model = TestModels.exact("llama_gqa_llama3")) {
            TokenizedPrompt prompt = TestModels.prompt(11, 5);
            HookPoint mlp = HookPoint.mlpOut(0);
            HookPoint after = HookPoint.residual(1);
            Activations plain = model.run(prompt).capture(mlp, after).execute();
            Activations edited =
                    model.run(prompt)
                            .intervene(
                                    Intervention.zero(mlp, Positions.at(1)),
                                    Intervention.scale(after, Positions.at(3), 3))
                            .capture(mlp, after, HookPoint.residMid(0))
                            .execute();
            // the stream after the block is the edited sum where the MLP was zeroed ...
            assertThat(edited.get(after).doubles(0))
                    .startsWith(plain.get(after).vectorDoubles(0, 0))
                    .doesNotContain(Double.NaN);
            assertThat(edited.get(mlp).vectorDoubles(0, 1)).containsOnly(0);
            assertThat(edited.get(after).vectorDoubles(0, 1))
                    .containsExactly(edited.get(HookPoint.residMid(0)).vectorDoubles(0, 1));
            // ... and the later edit of the stream has not reached back into what the MLP showed
            assertThat(edited.get(mlp).vectorDoubles(0, 3))
                    .containsExactly(plain.get(mlp).vectorDoubles(0, 3));
            assertThat(edited.get(after).get(0, 3, 0))
                    .isCloseTo(3 * plain.get(after).get(0, 3, 0), within(1e-12));
        }
    }

    @Test
    void lookingChangesNothing() {
        for (String name : List.of("gpt2", "gemma2", "olmo2", "opt_350m_style", "phi_qkln_gqa")) {
            try (HookedModel model = TestModels.load(name, ComputeType.FLOAT32)) {
                TokenBatch batch = TestModels.batch(12, 5, 7);
                Activations plain = model.run(batch).execute();
                Activations seen = model.run(batch).capture(model.hookPoints()).logits().execute();
                assertThat(seen.points()).containsExactlyElementsOf(model.hookPoints());
                for (int row = 0; row < 2; row++) {
                    assertThat(seen.next(row).logits())
                            .as(name)
                            .containsExactly(plain.next(row).logits(), within(2e-4));
                }
            }
        }
    }

    @Test
    void arrayCopiesGivenOutDoNotReachIntoTheResult() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Activation read = model.run(TestModels.prompt(13, 4)).capture(MID).execute().get(MID);
            double first = read.get(0, 0, 0);
            read.doubles(0)[0] = 99;
            read.values(0)[0] = 99;
            read.vectorDoubles(0, 0)[0] = 99;
            assertThat(read.get(0, 0, 0)).isEqualTo(first);
        }
    }
}
