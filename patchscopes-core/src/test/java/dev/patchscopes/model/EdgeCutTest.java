package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cut attention edges, against hooks that write negative infinity or zero by hand. */
class EdgeCutTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(21, 12);
    private static final Positions QUERIES = Positions.at(5, 8, 11);
    private static final Positions KEYS = Positions.at(1, 4, 8);

    private interface Edge {
        boolean at(int head, int query, int key);
    }

    private static boolean cut(int query, int key) {
        return (query == 5 || query == 8 || query == 11) && (key == 1 || key == 4 || key == 8);
    }

    /** A hook that puts a value at some edges of a pairwise site [batch, head, query, key]. */
    private static Edit put(HookPoint point, double value, Edge edge) {
        return Intervention.custom(
                point,
                (all, context) -> {
                    Shape shape = all.getShape();
                    double[] values = all.toDoubleArray();
                    int at = 0;
                    for (int b = 0; b < shape.get(0); b++) {
                        for (int h = 0; h < shape.get(1); h++) {
                            for (int q = 0; q < shape.get(2); q++) {
                                for (int k = 0; k < shape.get(3); k++, at++) {
                                    values[at] = edge.at(h, q, k) && k <= q ? value : values[at];
                                }
                            }
                        }
                    }
                    return all.getManager().create(values, shape);
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3", "gemma2", "mistral", "bloom_6heads"})
    void cuttingIsWritingNegativeInfinityIntoTheScores(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            HookPoint pattern = HookPoint.pattern(2);
            Activations byCut =
                    model.run(PROMPT)
                            .intervene(Intervention.cutAttention(QUERIES, KEYS, 1, 3).heads(0, 2))
                            .capture(pattern, HookPoint.scores(1))
                            .logits()
                            .execute();
            Edge edge = (head, q, k) -> head % 2 == 0 && head < 4 && cut(q, k);
            Activations byHand =
                    model.run(PROMPT)
                            .intervene(
                                    put(HookPoint.scores(1), Double.NEGATIVE_INFINITY, edge),
                                    put(HookPoint.scores(2), Double.NEGATIVE_INFINITY, edge))
                            .capture(pattern, HookPoint.scores(1))
                            .logits()
                            .execute();
            assertThat(byCut.get(pattern).doubles(0))
                    .containsExactly(byHand.get(pattern).doubles(0), within(1e-14));
            assertThat(byCut.get(HookPoint.scores(1)).doubles(0))
                    .containsExactly(byHand.get(HookPoint.scores(1)).doubles(0), within(1e-14));
            assertThat(byCut.next().logits())
                    .containsExactly(byHand.next().logits(), within(1e-12));
            assertRowsSumToOne(byCut.get(pattern));
            assertThat(byCut.get(pattern).get(0, 0, 8, 4)).isZero();
            assertThat(byCut.get(pattern).get(0, 1, 8, 4)).isPositive();
        }
    }

    private static void assertRowsSumToOne(Activation pattern) {
        for (int head = 0; head < pattern.shape(0).get(0); head++) {
            for (int query = 0; query < pattern.shape(0).get(1); query++) {
                assertThat(Arrays.stream(pattern.vectorDoubles(0, head, query)).sum())
                        .isCloseTo(1, within(1e-12));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "qwen2_swa"})
    void zeroingIsWritingZeroIntoThePattern(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            HookPoint pattern = HookPoint.pattern(1);
            Activations plain = model.run(PROMPT).capture(pattern).execute();
            Activations byCut =
                    model.run(PROMPT)
                            .intervene(Intervention.cutAttention(QUERIES, KEYS, 1, 2).zeroed())
                            .capture(pattern)
                            .logits()
                            .execute();
            Activations byHand =
                    model.run(PROMPT)
                            .intervene(put(pattern, 0, (head, q, k) -> cut(q, k)))
                            .capture(pattern)
                            .logits()
                            .execute();
            assertThat(byCut.get(pattern).doubles(0))
                    .containsExactly(byHand.get(pattern).doubles(0));
            assertThat(byCut.next().logits())
                    .containsExactly(byHand.next().logits(), within(1e-12));
            // what is left is not rescaled
            assertThat(byCut.get(pattern).get(0, 2, 8, 3))
                    .isEqualTo(plain.get(pattern).get(0, 2, 8, 3));
            assertThat(Arrays.stream(byCut.get(pattern).vectorDoubles(0, 2, 8)).sum())
                    .isLessThan(0.999);
        }
    }

    @Test
    void bothKindsCombine() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            HookPoint pattern = HookPoint.pattern(1);
            Activations both =
                    model.run(PROMPT)
                            .intervene(
                                    Intervention.cutAttention(
                                            Positions.at(8), Positions.at(2), 1, 2),
                                    Intervention.cutAttention(
                                                    Positions.at(8), Positions.at(3), 1, 2)
                                            .zeroed())
                            .capture(pattern)
                            .execute();
            double[] renormalised =
                    model.run(PROMPT)
                            .intervene(
                                    Intervention.cutAttention(
                                            Positions.at(8), Positions.at(2), 1, 2))
                            .capture(pattern)
                            .execute()
                            .get(pattern)
                            .vectorDoubles(0, 0, 8);
            renormalised[3] = 0;
            assertThat(both.get(pattern).vectorDoubles(0, 0, 8))
                    .containsExactly(renormalised, within(1e-14));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gemma2", "llama_gqa_llama3", "bloom_6heads"})
    void aQueryWithNothingLeftAttendsToNothing(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            EdgeCut everything = Intervention.cutAttention(Positions.at(6), Positions.all(), 1, 2);
            HookPoint pattern = HookPoint.pattern(1);
            HookPoint z = HookPoint.z(1);
            Activations acts =
                    model.run(PROMPT)
                            .intervene(everything)
                            .capture(pattern, z, HookPoint.scores(1))
                            .logits()
                            .execute();
            for (int head = 0; head < model.heads(); head++) {
                assertThat(acts.get(pattern).vectorDoubles(0, head, 6)).containsOnly(0);
                assertThat(acts.get(z).vectorDoubles(0, 6, head)).containsOnly(0);
                assertThat(acts.get(HookPoint.scores(1)).vectorDoubles(0, head, 6))
                        .containsOnly(Double.NEGATIVE_INFINITY);
            }
            assertThat(acts.next().logits()).doesNotContain(Double.NaN);
            // not capturing the scores takes another road to the same place
            assertThat(model.run(PROMPT).intervene(everything).execute().next().logits())
                    .containsExactly(acts.next().logits(), within(1e-12));
        }
    }

    @Test
    void gradientsThroughAnEmptiedRowAreNumbers() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            Edit byHand =
                    Intervention.custom(
                            HookPoint.scores(1),
                            (scores, context) -> {
                                NDManager manager = scores.getManager();
                                double[] mask = new double[12 * 12];
                                Arrays.fill(mask, 6 * 12, 7 * 12, Double.NEGATIVE_INFINITY);
                                NDArray cut = manager.create(mask, new Shape(1, 1, 12, 12));
                                return scores.add(cut);
                            });
            EdgeCut everything = Intervention.cutAttention(Positions.at(6), Positions.all(), 1, 2);
            Gradients cut = gradients(model, everything);
            Gradients hand = gradients(model, byHand);
            for (HookPoint point : cut.gradients().keySet()) {
                assertThat(cut.of(point).doubles(0)).doesNotContain(Double.NaN);
                assertThat(hand.of(point).doubles(0))
                        .containsExactly(cut.of(point).doubles(0), within(1e-12));
            }
            assertThat(cut.of(HookPoint.residual(1)).vectorDoubles(0, 6)).doesNotContain(0.0);
            assertThat(cut.of(HookPoint.q(1)).vectorDoubles(0, 6, 0)).containsOnly(0);
        }
    }

    private static Gradients gradients(HookedModel model, Intervention change) {
        return model.run(PROMPT)
                .intervene(change)
                .gradients(Metric.logit(9), HookPoint.residual(1), HookPoint.q(1), HookPoint.k(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mistral", "gemma2", "gemma3", "qwen2_swa", "gpt_neo"})
    void aFullyCutWindowEmptiesTheRow(String name) {
        try (HookedModel model = TestModels.exact(name)) {
            // windows are 7 or 8: position 11 sees 4..11 (or 5..11) where there is one
            int last = model.layers() - 1;
            for (int block = 0; block <= last; block++) {
                HookPoint pattern = HookPoint.pattern(block);
                Activations plain = model.run(PROMPT).capture(pattern).execute();
                boolean windowed = plain.get(pattern).get(0, 0, 11, 1) == 0;
                Activations acts =
                        model.run(PROMPT)
                                .intervene(
                                        Intervention.cutAttention(
                                                Positions.last(),
                                                Positions.range(4, 12),
                                                block,
                                                block + 1))
                                .capture(pattern)
                                .execute();
                double sum = Arrays.stream(acts.get(pattern).vectorDoubles(0, 0, 11)).sum();
                assertThat(sum).isCloseTo(windowed ? 0 : 1, within(1e-12));
            }
        }
    }

    @Test
    void paddedRowsAreCutWhereTheirTokensAre() {
        try (HookedModel model = TestModels.exact("llama_gqa_llama3")) {
            TokenBatch left = TestModels.batch(22, 4, 9, 7);
            EdgeCut someRows =
                    Intervention.cutAttention(Positions.last(), Positions.at(0, 2), 0, 2)
                            .rows(0, 2);
            EdgeCut whole = Intervention.cutAttention(Positions.at(1), Positions.all(), 2, 3);
            for (TokenBatch batch : new TokenBatch[] {left, left.paddedRight()}) {
                Activations all =
                        model.run(batch)
                                .intervene(someRows, whole)
                                .capture(HookPoint.pattern(1), HookPoint.pattern(2))
                                .logits()
                                .execute();
                for (int row = 0; row < 3; row++) {
                    Run alone = model.run(batch.prompt(row)).intervene(whole);
                    alone = row == 1 ? alone : alone.intervene(someRows.rows(0));
                    Activations one =
                            alone.capture(HookPoint.pattern(1), HookPoint.pattern(2))
                                    .logits()
                                    .execute();
                    for (HookPoint point : one.points()) {
                        assertThat(all.get(point).doubles(row))
                                .containsExactly(one.get(point).doubles(0), within(1e-12));
                    }
                    assertThat(all.next(row).logits())
                            .containsExactly(one.next().logits(), within(1e-10));
                }
            }
        }
    }

    @Test
    void cuttingTheFutureIsNoError() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            double[] cut =
                    model.run(PROMPT)
                            .intervene(
                                    Intervention.cutAttention(
                                            Positions.at(3), Positions.range(2, 12), 0, 1))
                            .execute()
                            .next()
                            .logits();
            double[] twoEdges =
                    model.run(PROMPT)
                            .intervene(
                                    Intervention.cutAttention(
                                            Positions.at(3), Positions.at(2, 3), 0, 1))
                            .execute()
                            .next()
                            .logits();
            assertThat(cut).containsExactly(twoEdges);
        }
    }
}
