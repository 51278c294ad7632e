package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import dev.patchscopes.trace.internal.AnswerCells;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Averages are those of single traces. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TraceAverageTest {
    private static final TraceKind[] KINDS = {TraceKind.RESIDUAL, TraceKind.ATTN_OUT};
    private HookedModel model;
    private List<FactPrompt> facts;
    private TraceAverage average;

    @BeforeAll
    void run() {
        model = TraceModels.exact(DemoModel.SMALL);
        ImmutableList<FactPrompt> known = GroundTruth.of(DemoModel.SMALL).knownPrompts();
        List<FactPrompt> some =
                IntStream.range(0, 5).mapToObj(i -> known.get(i * known.size() / 5)).toList();
        FactPrompt again =
                known.stream()
                        .filter(f -> !some.contains(f))
                        .filter(f -> f.subject().equals(some.get(0).subject()))
                        .findFirst()
                        .orElseThrow();
        facts = ImmutableList.<FactPrompt>builder().addAll(some).add(again).build();
        FactPrompt first = facts.get(0);
        FactPrompt wrong = new FactPrompt(first.prompt(), first.span(), "xylophone");
        average =
                tracing()
                        .average(
                                ImmutableList.<FactPrompt>builder()
                                        .addAll(facts)
                                        .add(wrong)
                                        .build());
    }

    @AfterAll
    void close() {
        model.close();
    }

    private CausalTracing tracing() {
        return CausalTracing.of(model)
                .kinds(KINDS)
                .copies(2)
                .corruption(Corruption.gaussianFixed(0.5));
    }

    @Test
    void factsThatTheModelDoesNotAnswerAreLeftOut() {
        assertThat(average.skipped()).isEqualTo(1);
        assertThat(average.facts())
                .extracting(FactEffect::prompt)
                .containsExactlyElementsOf(facts.stream().map(FactPrompt::prompt).toList());
        FactPrompt first = facts.get(0);
        FactPrompt wrong = new FactPrompt(first.prompt(), first.span(), "xylophone");
        assertThatThrownBy(() -> tracing().average(List.of(wrong)))
                .hasMessageContaining("answers none of the 1 facts");
    }

    @Test
    void effectsAreMeansOverFactsOfMeansOverTokens() {
        List<CausalTrace> traces =
                facts.stream()
                        .map(
                                fact ->
                                        tracing()
                                                .prompt(fact.prompt())
                                                .subject(fact.positions())
                                                .run())
                        .toList();
        assertThat(average.totalEffect().mean())
                .isCloseTo(
                        traces.stream()
                                .mapToDouble(CausalTrace::totalEffect)
                                .average()
                                .orElseThrow(),
                        within(1e-9));
        for (TraceKind kind : KINDS) {
            for (TokenClass tokenClass : TokenClass.values()) {
                for (ClassEffect effect : average.effects(kind, tokenClass)) {
                    Map<String, List<Double>> bySubject = new LinkedHashMap<>();
                    for (int i = 0; i < traces.size(); i++) {
                        List<Double> own =
                                bySubject.computeIfAbsent(
                                        facts.get(i).subject(), s -> new ArrayList<>());
                        mean(traces.get(i), kind, effect.row(), tokenClass).ifPresent(own::add);
                    }
                    bySubject.values().removeIf(List::isEmpty);
                    sameByHand(effect.effect(), bySubject.values());
                }
            }
        }
    }

    private static java.util.OptionalDouble mean(
            CausalTrace trace, TraceKind kind, int row, TokenClass tokenClass) {
        return IntStream.range(0, trace.tokens().size())
                .filter(t -> trace.tokenClass(t).filter(c -> c == tokenClass).isPresent())
                .mapToDouble(t -> trace.indirectEffect(kind, row, t))
                .average();
    }

    /** The mean over all, and the spread of the subjects' sums of deviations from it. */
    private static void sameByHand(Estimate actual, Collection<List<Double>> bySubject) {
        int count = bySubject.stream().mapToInt(List::size).sum();
        double mean = bySubject.stream().flatMap(List::stream).mapToDouble(v -> v).sum() / count;
        assertThat(actual.count()).isEqualTo(count);
        assertThat(actual.mean()).isCloseTo(mean, within(1e-9));
        int subjects = bySubject.size();
        if (subjects == 1) {
            assertThat(actual.high()).isNaN();
            return;
        }
        double squares = 0;
        for (List<Double> own : bySubject) {
            double sum = own.stream().mapToDouble(v -> v - mean).sum();
            squares += sum * sum;
        }
        double error = Math.sqrt(squares * subjects / (subjects - 1)) / count;
        assertThat(actual.high() - mean).isCloseTo(1.959964 * error, within(1e-6));
        assertThat(mean - actual.low()).isCloseTo(1.959964 * error, within(1e-6));
    }

    @Test
    void factsAboutOneSubjectAreACluster() {
        long subjects = facts.stream().map(FactPrompt::subject).distinct().count();
        assertThat(subjects).isBetween(2L, facts.size() - 1L);
        List<FactEffect> each = average.facts();
        Map<String, List<Double>> bySubject = new LinkedHashMap<>();
        for (FactEffect effect : each) {
            bySubject
                    .computeIfAbsent(effect.subject(), s -> new ArrayList<>())
                    .add(effect.totalEffect());
        }
        sameByHand(average.totalEffect(), bySubject.values());
        assertThat(average.totalEffect())
                .isNotEqualTo(Estimate.of(each.stream().map(FactEffect::totalEffect).toList()));
    }

    /** Subjects 0, 2, ... choose and the others try, as averages of these facts alone do. */
    @Test
    void aHeldOutPeakIsChosenOnOtherSubjects() {
        List<String> subjects = facts.stream().map(FactPrompt::subject).distinct().toList();
        List<FactPrompt> dev =
                facts.stream().filter(f -> subjects.indexOf(f.subject()) % 2 == 0).toList();
        List<FactPrompt> test =
                facts.stream().filter(f -> subjects.indexOf(f.subject()) % 2 == 1).toList();
        TraceAverage chosen = tracing().average(dev);
        TraceAverage tried = tracing().average(test);
        for (TraceKind kind : KINDS) {
            HeldOutPeak peak = average.heldOutPeak(kind, TokenClass.LAST).orElseThrow();
            ClassEffect best = chosen.peak(kind, TokenClass.LAST).orElseThrow();
            assertThat(peak.row()).isEqualTo(best.row());
            assertThat(peak.dev().mean()).isCloseTo(best.effect().mean(), within(1e-9));
            assertThat(peak.test().mean())
                    .isCloseTo(
                            tried.effects(kind, TokenClass.LAST).get(peak.row()).effect().mean(),
                            within(1e-9));
        }
        assertThatThrownBy(() -> average.heldOutPeak(TraceKind.MLP_OUT, TokenClass.LAST))
                .hasMessageContaining("MLP_OUT was not traced");
    }

    /** The first token is the model's own, and what follows it is not. */
    @Test
    void aFactIsKnownIfAllTokensOfItsAnswerAre() {
        FactPrompt first = facts.get(0);
        FactPrompt half =
                new FactPrompt(first.prompt(), first.span(), first.answer() + " xylophone");
        ImmutableIntArray answer = AnswerCells.tokens(model, half.answer());
        assertThat(answer.get(0)).isEqualTo(AnswerCells.tokens(model, first.answer()).get(0));
        assertThat(tracing().average(List.of(first, half)).skipped()).isEqualTo(1);
    }

    @Test
    void factsAreAskedInTheChosenWayAndTheListenerCanStopThat() {
        AtomicInteger asked = new AtomicInteger();
        Progress stopping =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        return asked.incrementAndGet() > 1; // not before the first sweep
                    }
                };
        FactPrompt wrong = new FactPrompt(facts.get(0).prompt(), facts.get(0).span(), "xylophone");
        assertThatThrownBy(() -> tracing().progress(stopping).average(List.of(wrong)))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("the sweep was stopped");
    }

    @Test
    void exactAndNaiveAgree() {
        List<FactPrompt> two = facts.subList(0, 2);
        CausalTracing residuals = tracing().kinds(TraceKind.RESIDUAL).copies(1);
        TraceAverage exact = residuals.average(two);
        TraceAverage naive = residuals.execution(Execution.NAIVE).average(two);
        assertThat(naive.effects()).hasSameSizeAs(exact.effects());
        for (int i = 0; i < exact.effects().size(); i++) {
            double mean = exact.effects().get(i).effect().mean();
            assertThat(naive.effects().get(i).effect().mean()).isCloseTo(mean, within(1e-9));
        }
        assertThat(naive.provenance().execution()).isEqualTo(Execution.NAIVE);
    }

    @Test
    void whatWasTracedIsKept() {
        assertThat(average.provenance().layers()).isEqualTo(model.layers());
        assertThat(average.provenance().copies()).isEqualTo(2);
        for (int i = 0; i < facts.size(); i++) {
            FactPrompt fact = facts.get(i);
            FactEffect effect = average.facts().get(i);
            TokenizedPrompt prompt = model.tokenize(fact.prompt());
            assertThat(effect.tokens()).isEqualTo(prompt.ids().asList());
            assertThat(fact.positions().resolve(prompt).asList())
                    .startsWith(effect.subjectFrom())
                    .endsWith(effect.subjectTo() - 1);
            assertThat(effect.answerId())
                    .isEqualTo(AnswerCells.tokens(model, fact.answer()).get(0));
        }
    }

    @Test
    void copiesOfGivenNoiseAreCounted() {
        FactPrompt fact = facts.get(0);
        FactEffect effect = average.facts().get(0);
        int width = Embeddings.width(model, model.tokenize(fact.prompt()));
        double[] noise = new double[width * (effect.subjectTo() - effect.subjectFrom())];
        Arrays.fill(noise, 0.1);
        assertThat(
                        tracing()
                                .corruption(Corruption.given(noise, noise, noise))
                                .average(List.of(fact))
                                .provenance()
                                .copies())
                .isEqualTo(3);
    }

    @Test
    void aPromptOfTheTracesOwnIsRefused() {
        FactPrompt fact = facts.get(0);
        for (CausalTracing own :
                List.of(
                        tracing().prompt(fact.prompt()),
                        tracing().subject("Japan"),
                        tracing().answer("Tokyo"),
                        tracing().answer(7))) {
            assertThatThrownBy(() -> own.average(facts))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("leave out prompt(...)");
        }
    }

    @Test
    void jsonAndCsvKeepThem() {
        assertThat(TraceAverage.fromJson(average.toJson())).isEqualTo(average);
        long classes = average.effects().stream().map(ClassEffect::tokenClass).distinct().count();
        assertThat(classes).isGreaterThan(3);
        assertThat(average.toCsv().lines())
                .hasSize(1 + (int) classes * (2 * model.layers() + 1))
                .first()
                .isEqualTo("kind,class,row,effect,low,high,facts");
        assertThat(average.toString()).contains("6 facts, 1 more not answered", "last subject");
    }

    @Test
    void whatNeedsOtherWordsForEachFactIsRefused() {
        assertThatThrownBy(
                        () -> tracing().corruption(Corruption.replacement("France")).average(facts))
                .hasMessageContaining("one by one");
        assertThatThrownBy(() -> tracing().against(7).average(facts))
                .hasMessageContaining("one by one");
    }

    @Test
    void nothingNativeIsLeft() {
        int before = TraceModels.nativeArrays();
        tracing().average(facts.subList(0, 1));
        assertThat(TraceModels.nativeArrays()).isEqualTo(before);
    }
}
