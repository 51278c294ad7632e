package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.GroundTruth.KnownFact;
import dev.patchscopes.facts.Question;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What probes find in the model that comes with the library. */
@Tag("trained")
class ProbeKnowledgeTest {
    private static final List<String> TEXTS = List.of("Here is ", "We know ", "The book is about ");

    private static HookedModel model;
    private static GroundTruth truth;

    @BeforeAll
    static void load() {
        model = HookedModel.demo();
        truth = GroundTruth.of(DemoModel.STANDARD);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** On countries the probe never saw; the interval's lower end already beats the majority. */
    @Test
    void theStateOfACountryTellsItsContinent() {
        ProbeReport report =
                ProbeTraining.of(model)
                        .examples(
                                truth.facts().stream()
                                        .filter(fact -> fact.relation().equals("continent"))
                                        .flatMap(
                                                fact ->
                                                        truth.heldOut(fact).stream()
                                                                .map(q -> example(fact, q)))
                                        .toList())
                        .labelsInAtLeast(4)
                        .split(0.2, 0.3)
                        .run();
        print("continent", report);
        LayerProbe best = report.best();
        assertThat(best.score().converged()).isTrue();
        assertThat(best.accuracy().low())
                .isGreaterThan(report.scores().majority().share())
                .isGreaterThan(best.score().shuffled().share())
                .isGreaterThan(best.score().control().share());
        assertThat(best.selectivity()).isGreaterThan(0.2);
    }

    private static ProbeExample example(KnownFact fact, Question question) {
        return ProbeExample.of(
                        question.prompt(),
                        Positions.lastTokenOf(fact.subject()).lastOccurrence(),
                        fact.object())
                .inGroup(fact.subject());
    }

    /**
     * The setting of Hewitt and Liang: names of the test occur in training, in other texts, so that
     * a probe could remember each name; it does better on what names mean than on what was drawn.
     */
    @Test
    void kindsAreToldBetterThanLabelsDrawnForTheSameNames() {
        ProbeReport report =
                ProbeTraining.of(model)
                        .examples(
                                truth.entities().stream()
                                        .flatMap(
                                                entity -> TEXTS.stream().map(t -> named(t, entity)))
                                        .toList())
                        .layers(Layers.everyNth(2))
                        .run();
        print("kind", report);
        LayerProbe best = report.best();
        // of a name's two other texts, one is in training with a probability of 1 - 0.4^2
        assertThat(report.scores().provenance().keysSeen()).isGreaterThan(0.8);
        assertThat(best.accuracy().low())
                .isGreaterThan(report.scores().majority().high())
                .isGreaterThan(best.score().shuffled().high())
                .isGreaterThan(best.score().control().high());
        assertThat(best.selectivity()).isPositive();
    }

    private static ProbeExample named(String text, Entity entity) {
        return ProbeExample.of(text + entity.name(), Positions.last(), entity.kind());
    }

    private static void print(String what, ProbeReport report) {
        System.out.printf(Locale.ROOT, "%s: %s%n%s%n", what, report.best(), report);
    }
}
