package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Operation;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.AnswerMetric;
import dev.patchscopes.trace.TraceModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Noise, answers, metrics, averages and reports, on a bundled model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CausalTracingTest {
    private static final String PROMPT = "The capital of Japan is";
    private HookedModel model;

    @BeforeAll
    void load() {
        model = TraceModels.exact(DemoModel.SMALL);
    }

    @AfterAll
    void close() {
        model.close();
    }

    private CausalTracing tracing() {
        return CausalTracing.of(model)
                .prompt(PROMPT)
                .subject("Japan")
                .copies(3)
                .kinds(TraceKind.RESIDUAL);
    }

    private double[] rows(TokenizedPrompt prompt) {
        return model.run(prompt)
                .capture(HookPoint.embed())
                .execute()
                .get(HookPoint.embed())
                .doubles(0);
    }

    private static double deviation(double... values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return Math.sqrt(squares / (values.length - 1));
    }

    @Test
    void noiseIsScaledBySubjectsEmbeddings() {
        TokenizedPrompt prompt = model.tokenize(PROMPT);
        double[] rows = rows(prompt);
        int width = rows.length / prompt.length();
        int[] subject = Positions.of("Japan").resolve(prompt).toArray();
        double[] own =
                Arrays.copyOfRange(
                        rows, subject[0] * width, (subject[subject.length - 1] + 1) * width);
        assertThat(tracing().run().provenance().sigma())
                .isCloseTo(3 * deviation(own), within(1e-12));
        FactPrompt fact = FactPrompt.find(PROMPT, "Japan", "Tokyo");
        double[] twice = new double[2 * own.length];
        System.arraycopy(own, 0, twice, 0, own.length);
        System.arraycopy(own, 0, twice, own.length, own.length);
        assertThat(
                        tracing()
                                .corruption(Corruption.gaussian(2, List.of(fact, fact)))
                                .run()
                                .provenance()
                                .sigma())
                .as("tokens count as often as they occur")
                .isCloseTo(2 * deviation(twice), within(1e-12));
    }

    @Test
    void noiseIsScaledByTheWholeTable() {
        double[] table = new double[0];
        for (int from = 0; from < model.vocabularySize(); from += 100) {
            int[] ids =
                    IntStream.range(from, Math.min(from + 100, model.vocabularySize())).toArray();
            double[] more = rows(TokenizedPrompt.ofIds(ids));
            double[] all = Arrays.copyOf(table, table.length + more.length);
            System.arraycopy(more, 0, all, table.length, more.length);
            table = all;
        }
        assertThat(
                        tracing()
                                .corruption(Corruption.gaussianOfVocabulary(1.5))
                                .run()
                                .provenance()
                                .sigma())
                .isCloseTo(1.5 * deviation(table), within(1e-9));
    }

    @Test
    void noiseIsAddedToTheSubjectsEmbeddingsAndTheSameForOneSeed() {
        CausalTracing tracing = tracing().corruption(Corruption.gaussianFixed(0.2));
        CausalTrace trace = tracing.run();
        int answer = trace.provenance().answer().get(0);
        TokenizedPrompt prompt = model.tokenize(PROMPT);
        int width = rows(prompt).length / prompt.length();
        int subject = trace.subjectTo() - trace.subjectFrom();
        Random random = new Random(1);
        for (int copy = 0; copy < 3; copy++) {
            double[] noise = new double[subject * width];
            for (int i = 0; i < noise.length; i++) {
                noise[i] = 0.2 * random.nextGaussian();
            }
            double p =
                    model.run(prompt)
                            .intervene(
                                    Intervention.add(
                                            HookPoint.embed(), Positions.of("Japan"), noise))
                            .execute()
                            .next()
                            .probability(answer);
            assertThat(trace.corruptedEach().get(copy)).isCloseTo(p, within(1e-9));
        }
        assertThat(tracing.run()).isEqualTo(trace);
        assertThat(tracing.seed(2).run().corruptedEach()).isNotEqualTo(trace.corruptedEach());
        assertThat(trace.clean())
                .isCloseTo(model.run(prompt).execute().next().probability(answer), within(1e-9));
    }

    @Test
    void uniformNoiseStaysInItsBounds() {
        TokenizedPrompt prompt = model.tokenize(PROMPT);
        TracedPrompt traced = TracedPrompt.of(prompt, Positions.of("Japan"), Optional.empty());
        var copies = CorruptedRuns.of(model, traced, Corruption.uniform(0.5), 0, 4, 9).copies();
        double[] all =
                copies.stream()
                        .map(copy -> (Edit) copy.get(0))
                        .map(e -> (Operation.Add) e.operation())
                        .flatMapToDouble(add -> add.values().stream())
                        .toArray();
        assertThat(Arrays.stream(all).max().orElseThrow()).isBetween(0.45, 0.5);
        assertThat(Arrays.stream(all).min().orElseThrow()).isBetween(-0.5, -0.45);
    }

    @Test
    void givenNoiseIsUsedAsItIs() {
        int width = rows(model.tokenize(PROMPT)).length / model.tokenize(PROMPT).length();
        CausalTrace drawn = tracing().corruption(Corruption.gaussianFixed(0.2)).run();
        int numbers = (drawn.subjectTo() - drawn.subjectFrom()) * width;
        Random random = new Random(1);
        double[][] noise = new double[3][];
        for (int copy = 0; copy < 3; copy++) {
            noise[copy] = new double[numbers];
            for (int i = 0; i < numbers; i++) {
                noise[copy][i] = 0.2 * random.nextGaussian();
            }
        }
        CausalTrace given = tracing().copies(7).corruption(Corruption.given(noise)).run();
        assertThat(given.grids()).isEqualTo(drawn.grids());
        assertThat(given.provenance().copies()).isEqualTo(3);
        assertThatThrownBy(() -> tracing().corruption(Corruption.given(new double[3])).run())
                .hasMessageContaining("has 3 numbers")
                .hasMessageContaining(" have " + numbers);
    }

    @Test
    void aLogitDifferenceIsReadAgainstAnotherToken() {
        CausalTrace trace =
                tracing()
                        .corruption(Corruption.replacement("France"))
                        .answer("Tokyo")
                        .against("Paris")
                        .run();
        int tokyo = trace.provenance().answer().get(0);
        int paris = trace.provenance().against().get(0);
        var clean = model.run(PROMPT).execute().next();
        var other = model.run("The capital of France is").execute().next();
        assertThat(trace.clean()).isCloseTo(clean.logit(tokyo) - clean.logit(paris), within(1e-9));
        assertThat(trace.corrupted())
                .isCloseTo(other.logit(tokyo) - other.logit(paris), within(1e-9));
        assertThat(trace.provenance().metric()).isEqualTo(AnswerMetric.LOGIT_DIFFERENCE);
        assertThat(trace.provenance().layers()).isEqualTo(model.layers());
        assertThat(tracing().answer(tokyo).against(paris).run().clean()).isEqualTo(trace.clean());
        assertThatThrownBy(() -> tracing().answer("Tokyo").against("Tokyo").run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("both token " + tokyo);
    }

    @Test
    void aReplacementNeedsAsManyTokens() {
        assertThatThrownBy(
                        () ->
                                tracing()
                                        .corruption(
                                                Corruption.replacement("the old town of Bergen"))
                                        .run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"Japan\" has 1 tokens")
                .hasMessageContaining("would have ");
    }

    @Test
    void aReplacementChangesNothingButTheSubject() {
        TokenizedPrompt other = TokenizedPrompt.ofIds(5, 6, 7, 9);
        assertThatThrownBy(
                        () ->
                                CausalTracing.of(model)
                                        .prompt(TokenizedPrompt.ofIds(5, 6, 7, 8))
                                        .subject(Positions.at(1))
                                        .corruption(Corruption.replacement(other))
                                        .run())
                .hasMessageContaining("outside the subject");
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(() -> CausalTracing.of(model).prompt(PROMPT).run())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("subject(...)");
        CausalTracing noPrompt = CausalTracing.of(model).subject("Japan");
        for (ThrowableAssert.ThrowingCallable call :
                List.<ThrowableAssert.ThrowingCallable>of(
                        noPrompt::run, noPrompt::explain, noPrompt::baseRuns)) {
            assertThatThrownBy(call)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("prompt(...)");
        }
        assertThatThrownBy(() -> tracing().subject(Positions.at(0, 2)).run())
                .hasMessageContaining("side by side");
        assertThatThrownBy(() -> tracing().run().grid(TraceKind.MLP_OUT))
                .hasMessageContaining("MLP_OUT was not traced, only [RESIDUAL]");
        assertThatThrownBy(() -> tracing().asPatchscope(1, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("asCell");
    }

    @Test
    void aPatchscopeStatesAReplacedSubject() {
        CausalTracing tracing = tracing().corruption(Corruption.replacement("France"));
        CausalTrace trace = tracing.run();
        int answer = trace.provenance().answer().get(0);
        int last = trace.tokens().size() - 1;
        assertThat(tracing.asPatchscope(2, last).run().next().probability(answer))
                .isCloseTo(trace.value(TraceKind.RESIDUAL, 2, last), within(1e-9));
    }

    @Test
    void windowsThatCoincideAreOneCell() {
        CausalTracing wide = tracing().kinds(TraceKind.MLP_OUT).window(100).copies(1);
        int afterSubject = model.tokenize(PROMPT).length() - wide.run().subjectFrom();
        assertThat(wide.explain().cells()).isEqualTo(afterSubject + 2); // and the base runs
    }

    @Test
    void jsonKeepsATrace() {
        CausalTrace trace = tracing().kinds(TraceKind.values()).run();
        assertThat(CausalTrace.fromJson(trace.toJson())).isEqualTo(trace);
        assertThatThrownBy(() -> CausalTrace.fromJson("{}")).hasMessageContaining("provenance");
    }

    @Test
    void csvHasALineACell() {
        CausalTrace trace = tracing().kinds(TraceKind.RESIDUAL, TraceKind.MLP_OUT).run();
        List<String> lines = trace.toCsv().lines().toList();
        assertThat(lines)
                .hasSize(1 + (2 * model.layers() + 1) * trace.tokens().size())
                .first()
                .isEqualTo("kind,window,row,token,text,class,value,indirect_effect");
        assertThat(lines.get(1)).startsWith("residual,1,0,0,");
    }

    @Test
    void textShowsTheBestCells() {
        CausalTrace trace = tracing().run();
        TraceCell best = trace.best(TraceKind.RESIDUAL, 1).get(0);
        assertThat(best.value())
                .isEqualTo(
                        trace.grid(TraceKind.RESIDUAL).copies().stream()
                                .flatMap(List::stream)
                                .mapToDouble(TraceGrid::mean)
                                .max()
                                .orElseThrow());
        assertThat(trace.toString()).contains("Japan", "residual: ", "total effect");
        assertThat(trace.table(TraceKind.RESIDUAL).lines()).hasSize(trace.tokens().size() + 2);
    }

    @Test
    void aStoppedTraceEnds() {
        Progress stopped =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        return true;
                    }
                };
        assertThatThrownBy(() -> tracing().progress(stopped).run())
                .isInstanceOf(CancellationException.class);
        assertThatThrownBy(
                        () ->
                                CausalTracing.of(model)
                                        .progress(stopped)
                                        .average(
                                                List.of(FactPrompt.find(PROMPT, "Japan", "Tokyo"))))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void nothingNativeIsLeft() {
        tracing().run();
        int before = TraceModels.nativeArrays();
        tracing().copies(1).kinds(TraceKind.values()).run();
        tracing().copies(1).execution(Execution.NAIVE).run();
        assertThat(TraceModels.nativeArrays()).isEqualTo(before);
    }

    @Test
    void ofSeveralAnswerTokensEachIsReadBehindThoseBefore() {
        CausalTracing tracing =
                tracing()
                        .corruption(Corruption.replacement("France"))
                        .answer(7, 9)
                        .metric(AnswerMetric.LOG_PROBABILITY);
        CausalTrace trace = tracing.run();
        TokenizedPrompt france = model.tokenize("The capital of France is");
        assertThat(trace.clean()).isCloseTo(chain(model.tokenize(PROMPT), List.of()), within(1e-9));
        assertThat(trace.corrupted()).isCloseTo(chain(france, List.of()), within(1e-9));
        Positions at = Positions.at(trace.subjectFrom());
        HookPoint state = HookPoint.residual(2);
        double[] clean = model.run(PROMPT).capture(state).execute().vectorDoubles(state, at);
        assertThat(trace.value(TraceKind.RESIDUAL, 2, trace.subjectFrom()))
                .isCloseTo(
                        chain(france, List.of(Intervention.replace(state, at, clean))),
                        within(1e-9));
        assertThat(Math.log(tracing.metric(AnswerMetric.PROBABILITY).run().clean()))
                .isCloseTo(trace.clean(), within(1e-9));
    }

    @Test
    void ofSeveralAnswerTokensEachIsReadInEveryNoisyCopy() {
        CausalTracing tracing =
                tracing().answer(7, 9).metric(AnswerMetric.LOG_PROBABILITY).copies(2);
        CausalTrace trace = tracing.run();
        TokenizedPrompt prompt = model.tokenize(PROMPT);
        assertThat(trace.clean()).isCloseTo(chain(prompt, List.of()), within(1e-9));
        assertThat(trace.corruptedEach().get(0)).isNotEqualTo(trace.corruptedEach().get(1));
        HookPoint state = HookPoint.residual(2);
        for (int token = trace.subjectFrom(); token < prompt.length(); token++) {
            Positions at = Positions.at(token);
            double[] clean = model.run(prompt).capture(state).execute().vectorDoubles(state, at);
            for (int copy = 0; copy < 2; copy++) {
                List<Intervention> noisy = tracing.baseRuns().get(1 + copy).interventions();
                assertThat(trace.corruptedEach().get(copy))
                        .isCloseTo(chain(prompt, noisy), within(1e-9));
                List<Intervention> restored = new ArrayList<>(noisy);
                restored.add(Intervention.replace(state, at, clean));
                assertThat(trace.grid(TraceKind.RESIDUAL).each(2, token).get(copy))
                        .as("token %s, copy %s", token, copy)
                        .isCloseTo(chain(prompt, restored), within(1e-9));
            }
        }
    }

    @Test
    void aTinyMemoryBudgetChangesNothing() {
        CausalTracing tracing = tracing().copies(1);
        CausalTrace free = tracing.run();
        CausalTrace tight = tracing.memoryBudget(1).run();
        assertThat(tracing.memoryBudget(1).explain()).isNotEqualTo(tracing.explain());
        for (TraceGrid grid : free.grids()) {
            for (int row = 0; row < grid.rows(); row++) {
                for (int token = 0; token < grid.tokens(); token++) {
                    assertThat(tight.value(grid.kind(), row, token))
                            .isCloseTo(grid.value(row, token), within(1e-9));
                }
            }
        }
    }

    /** log p(7) + log p(9 | 7) by plain runs. */
    private double chain(TokenizedPrompt prompt, List<Intervention> changes) {
        int[] ids = Arrays.copyOf(prompt.ids().toArray(), prompt.length() + 1);
        ids[prompt.length()] = 7;
        return model.run(prompt).intervene(changes).execute().next().logProbability(7)
                + model.run(TokenizedPrompt.ofIds(ids))
                        .intervene(changes)
                        .execute()
                        .next()
                        .logProbability(9);
    }
}
