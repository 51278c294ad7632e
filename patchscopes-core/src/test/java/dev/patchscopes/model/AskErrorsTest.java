package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import dev.patchscopes.text.EmptyPromptException;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Questions a model cannot answer: a typed error that names thing, value, range and way out. */
class AskErrorsTest {

    private static final TokenizedPrompt PROMPT = TestModels.prompt(91, 5);
    private static final HookPoint MID = HookPoint.residual(1);

    private static HookedModel model;
    private static int arrays;

    @BeforeAll
    static void load() {
        model = TestModels.load("gpt2", ComputeType.FLOAT32);
        model.run(PROMPT).capture(model.hookPoints()).logits().execute();
        model.generation(PROMPT).maxNewTokens(2).run();
        arrays = model.runtime().liveArrays();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(model.runtime().liveArrays()).isEqualTo(arrays);
        // and the model goes on working
        assertThat(model.run(PROMPT).execute().topTokens(1)).hasSize(1);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> fails(
            Class<? extends Throwable> type, ThrowingCallable what) {
        return assertThatThrownBy(what).isInstanceOf(type);
    }

    private static ThrowingCallable running(Intervention... changes) {
        return () -> model.run(PROMPT).intervene(changes).execute();
    }

    @Test
    void textWithoutTokenizer() {
        for (ThrowingCallable use :
                List.<ThrowingCallable>of(
                        () -> model.run("text"),
                        () -> model.generate("text", 2),
                        () -> model.topTokens("text", 2),
                        () -> model.tokenizer(),
                        () -> model.generation(PROMPT).stopAt("."))) {
            fails(ModelException.class, use)
                    .hasMessageContaining("gpt2 was loaded without tokenizer.json")
                    .hasMessageContaining("TokenizedPrompt.ofIds");
        }
    }

    @Test
    void promptsTooShortTooLongOrOfAnotherModel() {
        fails(EmptyPromptException.class, () -> model.run(TokenizedPrompt.ofIds()));
        fails(IllegalArgumentException.class, () -> model.run(List.of()));
        fails(PromptTooLongException.class, () -> model.run(TestModels.prompt(1, 65)).execute())
                .hasMessage(
                        "the prompt has 65 tokens, but gpt2 has a context of 64: shorten the prompt");
        fails(PromptTooLongException.class, () -> model.generation(PROMPT).maxNewTokens(60).run())
                .hasMessageContaining("5 tokens and 60 are to be generated")
                .hasMessageContaining("context of 64");
        assertThat(
                        model.generation(PROMPT)
                                .maxNewTokens(59)
                                .ignoringEndOfText()
                                .run()
                                .first()
                                .ids()
                                .length())
                .isEqualTo(59);
        fails(OutOfRangeException.class, () -> model.run(TokenizedPrompt.ofIds(5, 131)).execute())
                .hasMessageContaining("token id 131 is not in 0..130, the vocabulary of gpt2");
        fails(
                        OutOfRangeException.class,
                        () -> model.run(TestModels.batch(1, 2, 3).withPadId(500)).execute())
                .hasMessageContaining("token id 500");
        fails(IllegalArgumentException.class, () -> model.generation(PROMPT).maxNewTokens(0))
                .hasMessageContaining("maxNewTokens 0");
    }

    @Test
    void positionIdsBeyondTheContext() {
        TokenBatch shifted =
                TokenBatch.ofPadded(
                        new int[][] {{5, 6}}, new int[][] {{1, 1}}, new int[][] {{63, 64}});
        fails(PromptTooLongException.class, () -> model.run(shifted).execute())
                .hasMessageContaining("position id 64 is not in 0..63");
        TokenBatch last =
                TokenBatch.ofPadded(new int[][] {{5}}, new int[][] {{1}}, new int[][] {{62}});
        assertThat(model.generation(last).maxNewTokens(1).run().all()).hasSize(1);
        fails(PromptTooLongException.class, () -> model.generation(last).maxNewTokens(2).run());
    }

    @Test
    void layersBlocksAndSitesThatAreNotThere() {
        fails(OutOfRangeException.class, () -> model.run(PROMPT).capture(HookPoint.residual(4)))
                .hasMessage("layer 4 is not in 0..3 (gpt2 has 3 blocks; layer 0 is the embedding)");
        fails(OutOfRangeException.class, () -> model.run(PROMPT).capture(HookPoint.z(3)))
                .hasMessageContaining("block 3")
                .hasMessageContaining("0..2 (gpt2 has 3 blocks)");
        fails(
                OutOfRangeException.class,
                running(Intervention.zero(HookPoint.mlpOut(3), Positions.all())));
        fails(
                        OutOfRangeException.class,
                        running(Intervention.cutAttention(Positions.all(), Positions.at(0), 2, 4)))
                .hasMessageContaining("2..4")
                .hasMessageContaining("gpt2 has 3 blocks");
        fails(IllegalArgumentException.class, () -> HookPoint.residual(-1))
                .hasMessageContaining("layer -1 is negative");
        fails(IllegalArgumentException.class, () -> HookPoint.of(Site.LOGITS, 1));
        fails(
                IllegalArgumentException.class,
                () -> Intervention.cutAttention(Positions.all(), Positions.at(0), 1, 1));
        fails(
                        UnknownSiteException.class,
                        () -> model.run(PROMPT).capture(HookPoint.of(Site.MLP_PRE_LINEAR, 0)))
                .hasMessageContaining("its MLP is not gated")
                .hasMessageContaining("mlp.hook_pre");
        assertThat(model.has(HookPoint.of(Site.MLP_PRE_LINEAR, 0))).isFalse();
        assertThat(model.has(HookPoint.z(3))).isFalse();
        assertThat(model.has(HookPoint.z(2))).isTrue();
    }

    @Test
    void sitesAbsentFromOtherFamilies() {
        assertAbsent("gpt_neox_parallel", HookPoint.residMid(1), "parallel");
        assertAbsent("gptj", HookPoint.of(Site.LN2_SCALE, 0), "ln1");
        assertAbsent("llama", HookPoint.of(Site.POS_EMBED, 0), "no learned positions");
        assertAbsent("bloom", HookPoint.of(Site.POS_EMBED, 0), "no learned positions");
        assertAbsent("olmo2", HookPoint.of(Site.LN1_NORMALIZED, 0), "residual stream");
        assertAbsent("opt_350m_style", HookPoint.of(Site.LN_FINAL_SCALE, 0), "layer 3");
    }

    private static void assertAbsent(String name, HookPoint point, String reason) {
        try (HookedModel other = TestModels.load(name, ComputeType.FLOAT32)) {
            fails(UnknownSiteException.class, () -> other.run(PROMPT).capture(point))
                    .hasMessageContaining(point.name())
                    .hasMessageContaining(name)
                    .hasMessageContaining(reason);
            fails(
                    UnknownSiteException.class,
                    () ->
                            other.run(PROMPT)
                                    .intervene(Intervention.zero(point, Positions.all()))
                                    .execute());
            fails(
                    UnknownSiteException.class,
                    () -> other.run(PROMPT).gradients(Metric.logit(1), point));
            assertThat(other.has(point)).isFalse();
            assertThat(other.hookPoints()).doesNotContain(point);
        }
    }

    @Test
    void hookPointNames() {
        fails(UnknownHookPointException.class, () -> HookPoint.parse("blocks.5.hook_resid_pots"))
                .hasMessageContaining("did you mean \"blocks.5.hook_resid_post\"");
        fails(UnknownHookPointException.class, () -> HookPoint.parse("blocks.0.attn.hook_keys"))
                .hasMessageContaining("did you mean \"blocks.0.attn.hook_k\"");
        for (HookPoint point : model.hookPoints()) {
            assertThat(HookPoint.parse(point.name())).isEqualTo(point);
        }
    }

    @Test
    void headsRowsAndPositions() {
        fails(
                        OutOfRangeException.class,
                        running(Intervention.zero(HookPoint.z(1), Positions.all()).heads(4)))
                .hasMessageContaining("head 4 of blocks.1.attn.hook_z is not in 0..3");
        fails(
                OutOfRangeException.class,
                running(
                        Intervention.cutAttention(Positions.all(), Positions.at(0), 0, 1)
                                .heads(-1)));
        try (HookedModel grouped = TestModels.load("llama_gqa_llama3", ComputeType.FLOAT32)) {
            fails(
                            OutOfRangeException.class,
                            () ->
                                    grouped.run(PROMPT)
                                            .intervene(
                                                    Intervention.zero(
                                                                    HookPoint.k(1), Positions.all())
                                                            .heads(2))
                                            .execute())
                    .hasMessageContaining("head 2")
                    .hasMessageContaining("0..1");
        }
        fails(InterventionException.class, () -> Intervention.zero(MID, Positions.all()).heads(0))
                .hasMessageContaining("no heads to choose from");
        fails(OutOfRangeException.class, running(Intervention.zero(MID, Positions.all()).rows(1)))
                .hasMessageContaining("row 1")
                .hasMessageContaining("0..0");
        fails(PositionException.class, running(Intervention.zero(MID, Positions.at(5))))
                .hasMessageContaining("Position 5 is not in 0..4");
        fails(PositionException.class, running(Intervention.zero(MID, Positions.range(3, 6))));
        Activations acts = model.run(PROMPT).capture(MID).logits().execute();
        fails(OutOfRangeException.class, () -> acts.next(1)).hasMessageContaining("row 1");
        fails(OutOfRangeException.class, () -> acts.vector(MID, 1, Positions.last()));
        fails(OutOfRangeException.class, () -> acts.get(MID).get(0, 5, 0))
                .hasMessageContaining("pos 5 is not in 0..4");
        fails(OutOfRangeException.class, () -> acts.get(MID).values(2));
        fails(OutOfRangeException.class, () -> acts.vector(MID, Positions.all()))
                .hasMessageContaining("5 positions");
        fails(OutOfRangeException.class, () -> acts.next().probability(131));
        fails(UnknownSiteException.class, () -> acts.get(HookPoint.z(0)))
                .hasMessageContaining("was not captured")
                .hasMessageContaining("blocks.0.hook_resid_post");
        fails(ModelException.class, () -> model.run(PROMPT).capture(MID).execute().next())
                .hasMessageContaining(".logits()");
    }

    @Test
    void vectorsOfTheWrongLength() {
        fails(
                        InterventionException.class,
                        running(Intervention.replace(MID, Positions.last(), new float[47])))
                .hasMessageContaining("carries 47 values, expected 48 (one d_model vector)");
        fails(
                        InterventionException.class,
                        running(Intervention.add(MID, Positions.at(1, 2), new float[144])))
                .hasMessageContaining(
                        "expected 48 (one d_model vector) or 96 (one for each of 2 positions)");
        fails(
                        InterventionException.class,
                        running(
                                Intervention.replace(
                                        HookPoint.z(1), Positions.last(), new float[48])))
                .hasMessageContaining("expected 12 (one d_head vector)");
        fails(
                        IllegalArgumentException.class,
                        () -> Intervention.projectOut(MID, Positions.last(), new float[48]))
                .hasMessageContaining("zero");
        fails(InterventionException.class, () -> model.unembed(new float[3]))
                .hasMessageContaining("3 values, expected 48");
    }

    @Test
    void aVectorWhereThereIsOneAHead() {
        Activations read =
                model.run(PROMPT).capture(HookPoint.z(1), HookPoint.pattern(1)).execute();
        fails(IllegalArgumentException.class, () -> read.vector(HookPoint.z(1), Positions.last()))
                .hasMessage(
                        "blocks.1.attn.hook_z holds more than one vector a position, its axes are [batch, pos, head, d_head]: use get(point).vector(row, pos, head)");
        fails(
                        IllegalArgumentException.class,
                        () -> read.vectorDoubles(HookPoint.pattern(1), Positions.last()))
                .hasMessageContaining("use get(point).vector(row, head, query_pos)");
        assertThat(read.get(HookPoint.z(1)).vector(0, 4, 3)).hasSize(12);
    }

    @Test
    void functionsThatReturnTheWrongThing() {
        fails(
                        InterventionException.class,
                        running(Intervention.custom(MID, (v, c) -> v.transpose(0, 2, 1))))
                .hasMessageContaining("returned float32 (1, 48, 5)")
                .hasMessageContaining("expected float32 (1, 5, 48)");
        fails(
                        InterventionException.class,
                        running(
                                Intervention.custom(
                                        MID, (v, c) -> v.toType(DataType.FLOAT64, true))))
                .hasMessageContaining("float64");
        fails(InterventionException.class, running(Intervention.custom(MID, (v, c) -> null)))
                .hasMessageContaining("returned null");
        fails(
                        InterventionException.class,
                        running(Intervention.map(MID, Positions.last(), v -> new double[2])))
                .hasMessageContaining("returned 2 values, expected 48 values (d_model)");
        fails(
                        InterventionException.class,
                        running(Intervention.map(MID, Positions.last(), v -> null)))
                .hasMessageContaining("returned null");
        fails(
                        UnsupportedOperationException.class,
                        running(
                                Intervention.map(
                                        MID,
                                        Positions.last(),
                                        v -> {
                                            throw new UnsupportedOperationException("mine");
                                        })))
                .hasMessage("mine");
        Edit whole = Intervention.custom(HookPoint.z(1), (v, c) -> v);
        fails(InterventionException.class, () -> whole.heads(1))
                .hasMessageContaining("gets the whole activation");
        fails(InterventionException.class, () -> whole.rows(0));
    }

    @Test
    void interventionsThatDoNothing() {
        fails(
                        InterventionException.class,
                        running(Intervention.cutAttention(Positions.at(1), Positions.at(3), 0, 2)))
                .hasMessageContaining("never applied")
                .hasMessageContaining("a query sees only itself and earlier keys");
        try (HookedModel windowed = TestModels.load("mistral", ComputeType.FLOAT32)) {
            TokenizedPrompt prompt = TestModels.prompt(92, 12);
            fails(
                            InterventionException.class,
                            () ->
                                    windowed.run(prompt)
                                            .intervene(
                                                    Intervention.cutAttention(
                                                            Positions.at(11),
                                                            Positions.at(3),
                                                            0,
                                                            3))
                                            .execute())
                    .hasMessageContaining("within the block's window");
        }
        Run early = model.run(PROMPT).capture(MID);
        fails(
                        InterventionException.class,
                        () ->
                                early.intervene(
                                                Intervention.zero(
                                                        HookPoint.mlpOut(1), Positions.all()))
                                        .execute())
                .hasMessageContaining("it stops at layer 1")
                .hasMessageContaining("logits()");
        fails(
                        InterventionException.class,
                        () ->
                                early.intervene(
                                                Intervention.cutAttention(
                                                        Positions.last(), Positions.at(0), 1, 2))
                                        .execute())
                .hasMessageContaining("comes after everything");
        assertThat(
                        early.logits()
                                .intervene(Intervention.zero(HookPoint.mlpOut(1), Positions.all()))
                                .execute()
                                .topTokens(1))
                .hasSize(1);
    }
}
