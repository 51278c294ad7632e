package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Question;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a trained model makes of names. */
@Tag("trained")
class EntityDescriptionTrainedTest {

    private static final GroundTruth TRUTH = GroundTruth.of(DemoModel.STANDARD);
    private static HookedModel model;

    @BeforeAll
    static void load() {
        model = HookedModel.demo();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<EntityReference> every(int nth) {
        List<Entity> all = TRUTH.entities();
        return IntStream.range(0, all.size())
                .filter(i -> i % nth == 0)
                .mapToObj(i -> EntityReference.of(all.get(i)))
                .toList();
    }

    /** As in the paper's Figure 4: better up to some layer, then no better than the placeholder. */
    @Test
    void descriptionsNameWhatAnEntityIsUpToTheMiddle() {
        EntityEvaluation e =
                EntityDescription.of(model).maxNewTokens(12).seed(42).evaluate(every(10));
        System.out.println(e);

        assertThat(e.namedDirectly().share()).isGreaterThan(0.95);
        HeldOutCell best = e.named().heldOut();
        assertThat(best.sourceLayer()).isBetween(2, 4);
        assertThat(best.test().low()).isGreaterThan(0.5);
        assertThat(e.overRandom().low()).isGreaterThan(0.3);
        assertThat(e.overPlaceholder().low()).isGreaterThan(0.3);
        double early = e.patchedRouge(4, 4).sequence().f1().low();
        assertThat(early).isGreaterThan(e.randomRouge(4, 4).sequence().f1().high());
        assertThat(early).isGreaterThan(e.placeholderRouge().sequence().f1().high());
        for (int late = 5; late <= model.layers(); late++) {
            assertThat(early).isGreaterThan(e.patchedRouge(late, late).sequence().f1().high());
        }
        assertThat(e.patchedRouge(4, 4).sequence().f1().mean())
                .isGreaterThan(e.patchedRouge(0, 0).sequence().f1().mean());
    }

    /** It is the target layer that comes too late: a late vector is understood in an early one. */
    @Test
    void lateVectorsSpeakInEarlyLayers() {
        EntityEvaluation e =
                EntityDescription.of(model)
                        .maxNewTokens(12)
                        .seed(42)
                        .layers(Layers.at(4, 8), Layers.at(4, 8))
                        .evaluate(every(10));
        System.out.println(e);

        assertThat(e.named().at(4, 4).share()).isBetween(0.75, 0.87);
        assertThat(e.named().at(8, 4).share()).isBetween(0.4, 0.52);
        assertThat(e.named().at(4, 8).high()).isLessThan(0.3);
        assertThat(e.named().at(8, 8).low()).isLessThan(e.namedByPlaceholder().high());
        assertThat(e.named().at(8, 4).low()).isGreaterThan(e.named().at(4, 8).high());
        assertThat(e.named().at(8, 4).low()).isGreaterThan(e.named().at(8, 8).high());
        assertThat(e.named().at(8, 4).low()).isGreaterThan(e.namedByRandom().at(8, 4).high());
    }

    /** Late layers stay silent with the placeholder hidden too: here it is not what drowns them. */
    @Test
    void hidingThePlaceholderKeepsWhatEarlyLayersSay() {
        EntityEvaluation e =
                EntityDescription.of(model)
                        .maxNewTokens(12)
                        .seed(42)
                        .layers(Layers.at(4, 8))
                        .hidingPlaceholder()
                        .evaluate(every(40));
        System.out.println(e);

        assertThat(e.named().at(4, 4).low()).isGreaterThan(0.5);
        assertThat(e.named().at(8, 8).high()).isLessThan(0.5);
        assertThat(e.namedByRandom().at(4, 4).high()).isLessThan(0.5);
    }

    /** Hopping Too Late, section 6: some pair of layers rescues most failing two-hop questions. */
    @Test
    void lateLayersGivenToEarlyOnesRescueTwoHopQuestions() {
        List<Question> failing =
                TRUTH.twoHop().stream()
                        .filter(GroundTruth.TwoHop::failsDirectly)
                        .map(GroundTruth.TwoHop::direct)
                        .toList();
        BackPatchingReport r = BackPatching.of(model).maxNewTokens(6).seed(42).run(failing);
        System.out.println(r);

        assertThat(failing).hasSizeGreaterThan(30);
        assertThat(r.plain().hits()).isZero();
        assertThat(r.patched().oracle().low()).isGreaterThan(r.random().oracle().high());
        assertThat(r.patched().oracle().share()).isGreaterThan(0.5);
        // by no means one pair for all
        assertThat(r.patched().heldOut().test().high()).isLessThan(0.5);
    }
}
