package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.Ints;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** When interventions apply during generation: positions are absolute in every phase. */
class PhaseTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(81, 5);
    private static final HookPoint MID = HookPoint.residual(2);
    private static final int NEW = 5;

    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = TestModels.exact("llama_gqa_llama3");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Generations generate(Intervention... changes) {
        return generate(TokenBatch.of(PROMPT), changes);
    }

    private static Generations generate(TokenBatch batch, Intervention... changes) {
        return model.generation(batch)
                .maxNewTokens(NEW)
                .ignoringEndOfText()
                .intervene(changes)
                .capture(MID, HookPoint.pattern(1), HookPoint.logits())
                .run();
    }

    /** What one pass over prompt and continuation shows, with the same changes. */
    private static Activations whole(Generations generations, int row, Intervention... changes) {
        Generation generation = generations.all().get(row);
        int[] ids =
                Ints.concat(
                        generation.prompt().ids().toArray(),
                        generation.ids().subArray(0, NEW - 1).toArray());
        return model.run(TokenizedPrompt.ofIds(ids))
                .intervene(changes)
                .capture(MID, HookPoint.pattern(1), HookPoint.logits())
                .execute();
    }

    private static void assertSame(Generations generations, int row, Activations expected) {
        for (HookPoint point : expected.points()) {
            assertThat(generations.activations().get(point).doubles(row))
                    .as(point.name())
                    .containsExactly(expected.get(point).doubles(0), within(1e-10));
        }
    }

    @Test
    void prefillEditsLastThroughTheCache() {
        Edit edit = Intervention.scale(HookPoint.residual(1), Positions.at(1, 4), 4);
        Generations edited = generate(edit);
        assertSame(edited, 0, whole(edited, 0, edit));
        assertThat(edited.first().ids()).isNotEqualTo(generate().first().ids());
    }

    @Test
    void editsReachPositionsBeyondThePrompt() {
        float[] vector = TestModels.vector(82, model.width());
        Edit decode = Intervention.add(MID, Positions.at(6, 8), vector).during(Phase.DECODE);
        Generations edited = generate(decode);
        assertSame(edited, 0, whole(edited, 0, decode.during(Phase.PREFILL)));

        Edit always = Intervention.add(MID, Positions.at(3, 7), vector).during(Phase.ALL);
        Generations both = generate(always);
        assertSame(both, 0, whole(both, 0, always));

        Edit everywhere = Intervention.scale(MID, Positions.all(), 0.5).during(Phase.ALL);
        Generations all = generate(everywhere);
        assertSame(all, 0, whole(all, 0, everywhere));
    }

    @Test
    void decodingEditsLeaveThePromptAlone() {
        Edit decode = Intervention.zero(MID, Positions.all()).during(Phase.DECODE);
        Generations edited = generate(decode);
        Generations plain = generate();
        for (int pos = 0; pos < PROMPT.length() + NEW - 1; pos++) {
            double[] vector = edited.activations().get(MID).vectorDoubles(0, pos);
            if (pos < PROMPT.length()) {
                assertThat(vector)
                        .containsExactly(plain.activations().get(MID).vectorDoubles(0, pos));
            } else {
                assertThat(vector).containsOnly(0);
            }
        }
        assertThat(edited.first().ids().get(0)).isEqualTo(plain.first().ids().get(0));
    }

    @Test
    void oneVectorAPositionMayReachBeyondThePrompt() {
        int width = model.width();
        float[] vectors = TestModels.vector(83, 3 * width);
        Edit edit = Intervention.replace(MID, Positions.at(2, 5, 7), vectors).during(Phase.ALL);
        Activation shown = generate(edit).activations().get(MID);
        int[] at = {2, 5, 7};
        for (int i = 0; i < 3; i++) {
            assertThat(shown.vector(0, at[i]))
                    .containsExactly(Arrays.copyOfRange(vectors, i * width, (i + 1) * width));
        }
        float[] forThePrompt = TestModels.vector(84, PROMPT.length() * width);
        Edit all = Intervention.replace(MID, Positions.all(), forThePrompt);
        assertThat(generate(all).activations().get(MID).vector(0, 4))
                .containsExactly(Arrays.copyOfRange(forThePrompt, 4 * width, 5 * width));
        assertThatThrownBy(() -> generate(all.during(Phase.ALL)))
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("the prompt's 5 positions and none for position 5");
    }

    @Test
    void rowsOfABatchCountTheirOwnPositions() {
        TokenBatch batch = TestModels.batch(85, 3, 7);
        Edit edit =
                Intervention.scale(MID, Positions.at(5), 3).during(Phase.ALL); // new in row 0 only
        EdgeCut cut =
                Intervention.cutAttention(Positions.at(8), Positions.at(0, 4), 1, 3)
                        .during(Phase.DECODE)
                        .rows(1);
        Generations both = generate(batch, edit, cut);
        assertSame(both, 0, whole(both, 0, edit));
        assertSame(both, 1, whole(both, 1, edit, cut.during(Phase.PREFILL).rows(0)));
    }

    @Test
    void cutsApplyWhileDecoding() {
        EdgeCut cut = Intervention.cutAttention(Positions.all(), Positions.at(1), 0, 4);
        Generations always = generate(cut.during(Phase.ALL));
        Activation pattern = always.activations().get(HookPoint.pattern(1));
        for (int query = 1; query < PROMPT.length() + NEW - 1; query++) {
            assertThat(pattern.get(0, 2, query, 1)).isZero();
        }
        assertSame(always, 0, whole(always, 0, cut));

        Activation prefillOnly = generate(cut).activations().get(HookPoint.pattern(1));
        assertThat(prefillOnly.get(0, 2, 4, 1)).isZero();
        assertThat(prefillOnly.get(0, 2, 5, 1)).isPositive();

        Activation decodeOnly =
                generate(cut.during(Phase.DECODE)).activations().get(HookPoint.pattern(1));
        assertThat(decodeOnly.get(0, 2, 4, 1)).isPositive();
        assertThat(decodeOnly.get(0, 2, 5, 1)).isZero();
    }

    @Test
    void aGeneratedQueryCutFromEverythingAttendsToNothing() {
        EdgeCut cut =
                Intervention.cutAttention(Positions.at(6), Positions.all(), 1, 2)
                        .during(Phase.DECODE);
        Generations generations = generate(cut);
        Activation pattern = generations.activations().get(HookPoint.pattern(1));
        assertThat(pattern.vectorDoubles(0, 0, 6)).containsOnly(0);
        assertThat(generations.activations().get(HookPoint.logits()).doubles(0))
                .doesNotContain(Double.NaN);
    }

    @Test
    void hooksAreToldWhereAndWhen() {
        List<HookContext> contexts = new ArrayList<>();
        List<Long> lengths = new ArrayList<>();
        generate(
                Intervention.custom(
                                MID,
                                (value, context) -> {
                                    contexts.add(context);
                                    lengths.add(value.getShape().get(1));
                                    return value;
                                })
                        .during(Phase.ALL));
        assertThat(lengths).containsExactly(5L, 1L, 1L, 1L, 1L);
        assertThat(contexts)
                .containsExactly(
                        new HookContext(MID, Phase.PREFILL, 0),
                        new HookContext(MID, Phase.DECODE, 5),
                        new HookContext(MID, Phase.DECODE, 6),
                        new HookContext(MID, Phase.DECODE, 7),
                        new HookContext(MID, Phase.DECODE, 8));
    }

    @Test
    void positionsThatAreNeverReachedAreErrors() {
        // the last new token, position 9, is chosen and never read back
        assertThatThrownBy(
                        () ->
                                generate(
                                        Intervention.zero(MID, Positions.at(9))
                                                .during(Phase.DECODE)))
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("at(9) is not in 0..8");
        assertThatThrownBy(
                        () -> generate(Intervention.zero(MID, Positions.at(-7)).during(Phase.ALL)))
                .isInstanceOf(PositionException.class)
                .hasMessageContaining("Position -7 is not in 0..4");
        assertThatThrownBy(() -> generate(Intervention.zero(MID, Positions.at(6))))
                .isInstanceOf(PositionException.class)
                .hasMessageContaining("Position 6 is not in 0..4");
        // the prompt's own positions are read before decoding starts
        assertThatThrownBy(
                        () ->
                                generate(
                                        Intervention.zero(MID, Positions.last())
                                                .during(Phase.DECODE)))
                .isInstanceOf(InterventionException.class)
                .hasMessage(
                        "planned intervention never applied: zero at last of %s, phase DECODE: nothing was selected (generation stopped after 5 new tokens)",
                        MID);
        assertThatThrownBy(
                        () ->
                                model.generation(PROMPT)
                                        .maxNewTokens(1)
                                        .intervene(
                                                Intervention.zero(MID, Positions.all())
                                                        .during(Phase.DECODE))
                                        .run())
                .isInstanceOf(InterventionException.class)
                .hasMessageEndingWith("(generation stopped after 1 new token)");
        assertThatThrownBy(
                        () -> generate(Intervention.mean(MID, Positions.all()).during(Phase.ALL)))
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("Phase.PREFILL");
        assertThatThrownBy(
                        () ->
                                model.run(PROMPT)
                                        .intervene(
                                                Intervention.zero(MID, Positions.last())
                                                        .during(Phase.DECODE))
                                        .execute())
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("never applied");
    }
}
