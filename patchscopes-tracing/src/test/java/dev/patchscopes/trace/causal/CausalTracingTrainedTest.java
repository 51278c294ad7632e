package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the paper found, on the demo model. */
@Tag("trained")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CausalTracingTrainedTest {
    private static final int FACTS = 40;
    private static final Set<TokenClass> ELSEWHERE =
            EnumSet.complementOf(EnumSet.of(TokenClass.LAST_SUBJECT, TokenClass.LAST));
    private int layers;
    private TraceAverage average;

    @BeforeAll
    void run() {
        List<FactPrompt> known = GroundTruth.of(DemoModel.STANDARD).knownPrompts();
        List<FactPrompt> facts =
                IntStream.range(0, FACTS)
                        .mapToObj(i -> known.get(i * known.size() / FACTS))
                        .toList();
        try (HookedModel model = HookedModel.demo()) {
            layers = model.layers();
            average = CausalTracing.of(model).copies(3).average(facts);
        }
        System.out.println(average);
    }

    private ClassEffect peak(TraceKind kind, TokenClass tokenClass) {
        return average.peak(kind, tokenClass).orElseThrow();
    }

    @Test
    void corruptingTheSubjectTakesTheAnswerAway() {
        List<FactEffect> effects = average.facts();
        assertThat(effects.stream().filter(e -> e.totalEffect() > 0).count())
                .isGreaterThanOrEqualTo((long) Math.ceil(0.95 * effects.size()));
        assertThat(average.totalEffect().low()).isGreaterThan(0.5);
    }

    @Test
    void twoSitesCarryTheAnswer() {
        ClassEffect early = peak(TraceKind.RESIDUAL, TokenClass.LAST_SUBJECT);
        ClassEffect late = peak(TraceKind.RESIDUAL, TokenClass.LAST);
        assertThat(early.row()).isLessThanOrEqualTo(layers / 2);
        assertThat(late.row()).isGreaterThanOrEqualTo(layers / 2);
        for (TokenClass other : ELSEWHERE) {
            average.peak(TraceKind.RESIDUAL, other)
                    .ifPresent(
                            peak -> {
                                assertThat(peak.effect().high())
                                        .as("%s", peak)
                                        .isLessThan(early.effect().low())
                                        .isLessThan(late.effect().low());
                            });
        }
    }
}
