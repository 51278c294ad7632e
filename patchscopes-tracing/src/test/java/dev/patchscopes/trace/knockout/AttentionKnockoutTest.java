package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.TraceModels;
import dev.patchscopes.trace.internal.AnswerCells;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stating a knockout of one prompt, and its result. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttentionKnockoutTest {
    private static final FactPrompt FACT = FactPrompt.of("The capital of {} is", "Japan", "Tokyo");

    private HookedModel model;

    @BeforeAll
    void load() {
        model = TraceModels.exact(DemoModel.SMALL);
    }

    @AfterAll
    void close() {
        model.close();
    }

    private static List<Integer> keys(KnockoutResult r, String group) {
        return r.measured().curve(group).edges().get(0).keys();
    }

    @Test
    void theGroupsPartTheTokensTheLastOneAttendsTo() {
        KnockoutResult r = AttentionKnockout.of(model).fact(FACT).perToken().run();
        TokenizedPrompt prompt = model.tokenize(FACT.prompt());
        List<Integer> subject = FACT.positions().resolve(prompt).asList();
        int last = prompt.length() - 1;
        assertThat(keys(r, AttentionKnockout.SUBJECT)).isEqualTo(subject);
        assertThat(keys(r, AttentionKnockout.LAST)).containsExactly(last);
        assertThat(keys(r, AttentionKnockout.FIRST)).containsExactly(0);
        List<Integer> all = new ArrayList<>(keys(r, AttentionKnockout.NON_SUBJECT));
        assertThat(all).startsWith(0);
        assertThat(keys(r, AttentionKnockout.NON_SUBJECT_BUT_FIRST))
                .isEqualTo(all.subList(1, all.size()));
        all.addAll(subject);
        all.add(last);
        assertThat(all)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(0, last).boxed().toList());
        assertThat(r.measured().subject()).isEqualTo(subject);
        assertThat(r.measured().ids()).isEqualTo(prompt.ids().asList());
        // the map has each token, the first apart
        assertThat(r.first().get(0).values())
                .isEqualTo(r.measured().curve(AttentionKnockout.FIRST).values());
        assertThat(r.afterFirst()).hasSize(last);
        assertThat(r.perToken().get(last).values())
                .isEqualTo(r.measured().curve(AttentionKnockout.LAST).values());
    }

    @Test
    void theAnswerIsTheModelsOwnUnlessChosen() {
        AttentionKnockout plan =
                AttentionKnockout.of(model).prompt(FACT.prompt()).subject(FACT.positions());
        KnockoutResult own = plan.run();
        var clean = model.run(FACT.prompt()).execute().next();
        assertThat(own.measured().answer()).containsExactly(clean.argMax());
        assertThat(own.base()).isCloseTo(clean.probability(clean.argMax()), within(1e-12));
        KnockoutResult given = plan.answer(clean.argMax()).run();
        assertThat(given.measured().curves()).isEqualTo(own.measured().curves());
        KnockoutResult log = plan.metric(AnswerMetric.LOG_PROBABILITY).run();
        double p = own.value(AttentionKnockout.SUBJECT, 2);
        assertThat(log.value(AttentionKnockout.SUBJECT, 2)).isCloseTo(Math.log(p), within(1e-9));
        assertThat(own.change(AttentionKnockout.SUBJECT, 2))
                .isCloseTo((p - own.base()) / own.base() * 100, within(1e-9));
        assertThat(log.change(AttentionKnockout.SUBJECT, 2))
                .isCloseTo(Math.log(p) - Math.log(own.base()), within(1e-9));
    }

    @Test
    void aFactSetsTheAnswerUnlessAnotherIsChosenAfterIt() {
        FactPrompt other = FactPrompt.of("The capital of {} is", "Japan", "Paris");
        int paris = AnswerCells.tokens(model, "Paris").get(0);
        AttentionKnockout plan = AttentionKnockout.of(model).fact(other);
        KnockoutResult r = plan.run();
        assertThat(r.measured().answer().get(0)).isEqualTo(paris);
        assertThat(r.measured().answerText()).isEqualTo("Paris");
        assertThat(plan.answer(7).run().measured().answer()).containsExactly(7);
        // and a logit difference takes text or a token
        KnockoutResult text = plan.answer(7).against("Paris").run();
        assertThat(text).isEqualTo(plan.answer(7).against(paris).run());
        assertThat(text.provenance().metric()).isEqualTo(AnswerMetric.LOGIT_DIFFERENCE);
    }

    @Test
    void theSubjectIsCutWithAndWithoutTheFirstToken() {
        KnockoutResult r =
                AttentionKnockout.of(model)
                        .prompt(FACT.prompt())
                        .subject(Positions.at(0, 1))
                        .edges("second", Positions.last(), Positions.at(1))
                        .run();
        assertThat(keys(r, AttentionKnockout.SUBJECT)).containsExactly(0, 1);
        assertThat(keys(r, AttentionKnockout.SUBJECT_BUT_FIRST)).containsExactly(1);
        assertThat(r.measured().curve(AttentionKnockout.SUBJECT_BUT_FIRST).values())
                .isEqualTo(r.measured().curve("second").values())
                .isNotEqualTo(r.measured().curve(AttentionKnockout.SUBJECT).values());
    }

    @Test
    void anAnswerOfSeveralTokensIsReadAfterEachOfThem() {
        KnockoutResult r =
                AttentionKnockout.of(model).fact(FACT).answer("Mexico City").window(1).run();
        List<Integer> answer = r.measured().answer();
        assertThat(answer).hasSizeGreaterThan(1);
        TokenizedPrompt prompt = model.tokenize(FACT.prompt());
        int block = 1;
        double p = 1;
        int[] ids = prompt.ids().toArray();
        for (int token : answer) {
            p *=
                    model.run(TokenizedPrompt.ofIds(ids))
                            .intervene(
                                    Intervention.cutAttention(
                                            Positions.at(prompt.length() - 1),
                                            Positions.at(
                                                    r.measured().subject().stream()
                                                            .mapToInt(t -> t)
                                                            .toArray()),
                                            block,
                                            block + 1))
                            .execute()
                            .next()
                            .probability(token);
            ids = IntStream.concat(IntStream.of(ids), IntStream.of(token)).toArray();
        }
        assertThat(r.value(AttentionKnockout.SUBJECT, block) / p).isCloseTo(1, within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({"48, 9", "28, 5", "12, 3", "10, 3", "6, 1", "4, 1", "2, 1", "1, 1", "32, 7"})
    void theDefaultWindowIsTheSameShareOfTheBlocks(int blocks, int width) {
        assertThat(AttentionKnockout.defaultWindow(blocks)).isEqualTo(width);
    }

    @Test
    void equalWindowsAreComputedOnce() {
        for (Execution execution : Execution.values()) {
            long[] cells = new long[1];
            KnockoutResult r =
                    AttentionKnockout.of(model)
                            .prompt(FACT.prompt())
                            .edges("all", Positions.last(), Positions.all())
                            .window(2 * model.layers() + 1)
                            .execution(execution)
                            .progress((done, total, time) -> cells[0] = total)
                            .run();
            // the clean run, and first, last and all tokens in the one window of all blocks
            assertThat(cells[0]).isEqualTo(4);
            assertThat(r.measured().curve("all").values()).hasSize(model.layers());
            assertThat(r.measured().curve("all").values().stream().distinct()).hasSize(1);
        }
    }

    @Test
    void resultsAreWrittenAndRead() {
        KnockoutResult r = AttentionKnockout.of(model).fact(FACT).perToken().heads(0, 1).run();
        assertThat(KnockoutResult.fromJson(r.toJson())).isEqualTo(r);
        assertThatThrownBy(() -> KnockoutResult.fromJson("{}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("provenance");
        String[] lines = r.toCsv().split("\n");
        int curves = r.measured().curves().size() + r.perToken().size();
        assertThat(lines).hasSize(1 + curves * model.layers());
        assertThat(lines[1])
                .isEqualTo(
                        "group,\"subject\",0,%d,%d,%s,%s"
                                .formatted(
                                        r.provenance().firstBlock(0),
                                        r.provenance().endBlock(0),
                                        r.value("subject", 0),
                                        r.change("subject", 0)));
        assertThat(r.toString().split("\n")).hasSize(3 + curves);
        assertThat(r.toString()).contains("  subject ", "(first)");
        assertThat(r.provenance().heads()).containsExactly(0, 1);
        assertThat(r.provenance().execution()).isEqualTo(Execution.EXACT);
        assertThat(
                        AttentionKnockout.of(model)
                                .fact(FACT)
                                .execution(Execution.NAIVE)
                                .run()
                                .provenance()
                                .execution())
                .isEqualTo(Execution.NAIVE);
    }

    @Test
    void aSubjectAtTheEndLeavesTheLastTokenToItself() {
        KnockoutResult r =
                AttentionKnockout.of(model).prompt("The capital of Japan").subject("Japan").run();
        assertThat(r.measured().curve(AttentionKnockout.SUBJECT).hasEdges()).isFalse();
        assertThat(r.change(AttentionKnockout.SUBJECT, 0)).isZero();
        assertThat(r.toString()).contains("no edge");
    }

    @Test
    void aListenerStopsTheWork() {
        Progress stop =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        return true;
                    }
                };
        AttentionKnockout plan = AttentionKnockout.of(model).progress(stop);
        assertThatThrownBy(() -> plan.fact(FACT).run()).isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> plan.average(List.of(FACT)))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void aSmallBudgetChangesNothing() {
        AttentionKnockout plan = AttentionKnockout.of(model).fact(FACT).perToken();
        KnockoutResult small = plan.memoryBudget(1).run();
        KnockoutResult large = plan.run();
        for (int t = 0; t < large.perToken().size(); t++) {
            for (int centre = 0; centre < model.layers(); centre++) {
                assertThat(small.change(t, centre))
                        .isCloseTo(large.change(t, centre), within(1e-7));
            }
        }
    }

    @Test
    void whatCannotBeStatedIsRefused() {
        AttentionKnockout plan = AttentionKnockout.of(model);
        assertThatThrownBy(plan::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no prompt");
        assertThatThrownBy(() -> plan.prompt(FACT.prompt()).average(List.of(FACT)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("leave out prompt");
        assertThatThrownBy(() -> plan.prompt("The capital").run())
                .hasMessageContaining("nothing to cut");
        assertThatThrownBy(() -> plan.window(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> plan.heads(model.heads()))
                .hasMessageContaining("head %d is not in".formatted(model.heads()));
        assertThatThrownBy(() -> plan.edges("last", Positions.last(), Positions.at(0)))
                .hasMessageContaining("there already");
        assertThatThrownBy(() -> plan.metric(AnswerMetric.LOGIT_DIFFERENCE))
                .hasMessageContaining("against");
        assertThatThrownBy(() -> plan.fact(FACT).average(List.of(FACT)))
                .hasMessageContaining("leave out prompt");
        KnockoutResult r = plan.fact(FACT).run();
        assertThatThrownBy(() -> r.value("subjects", 0)).hasMessageContaining("\"subject\"");
        assertThatThrownBy(() -> r.value("subject", model.layers()))
                .hasMessageContaining("is not in 0..");
        assertThatThrownBy(() -> r.change(0, 0)).hasMessageContaining("perToken()");
        assertThatThrownBy(() -> model.attentionWindow(model.layers()))
                .hasMessageContaining("is not in 0..");
    }
}
