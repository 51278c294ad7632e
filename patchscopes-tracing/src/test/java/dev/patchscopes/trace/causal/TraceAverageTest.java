package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.TraceModels;
import dev.patchscopes.trace.internal.NormalInterval;
import java.util.List;
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
        facts = IntStream.range(0, 6).mapToObj(i -> known.get(i * known.size() / 6)).toList();
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
                    List<Double> each =
                            traces.stream()
                                    .map(t -> mean(t, kind, effect.row(), tokenClass))
                                    .flatMap(d -> d.stream().boxed())
                                    .toList();
                    Estimate expected = NormalInterval.of(each);
                    assertThat(effect.effect().count()).isEqualTo(each.size());
                    assertThat(effect.effect().mean()).isCloseTo(expected.mean(), within(1e-9));
                    assertThat(effect.effect().high()).isCloseTo(expected.high(), within(1e-9));
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

    @Test
    void theIntervalIsOf196StandardErrors() {
        Estimate e = NormalInterval.of(List.of(1.0, 2.0, 6.0));
        assertThat(e.mean()).isEqualTo(3);
        assertThat(e.high() - e.mean()).isCloseTo(1.96 * Math.sqrt(7 / 3.0), within(1e-12));
        assertThat(e.mean() - e.low()).isCloseTo(e.high() - e.mean(), within(1e-12));
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
