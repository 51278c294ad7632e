package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.Entity;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Question;
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

    @Test
    void descriptionsNameWhatAnEntityIsInEarlyLayers() {
        EntityEvaluation e =
                EntityDescription.of(model).maxNewTokens(12).seed(42).evaluate(every(10));
        System.out.println(e);
    }

    @Test
    void hidden() {
        EntityEvaluation e =
                EntityDescription.of(model)
                        .maxNewTokens(12)
                        .seed(42)
                        .layers(Layers.range(3, 8))
                        .hidingPlaceholder()
                        .evaluate(every(20));
        System.out.println(e);
    }

    @Test
    void backPatching() {
        List<Question> failing =
                TRUTH.twoHop().stream()
                        .filter(GroundTruth.TwoHop::failsDirectly)
                        .map(GroundTruth.TwoHop::direct)
                        .toList();
        BackPatchingReport r = BackPatching.of(model).maxNewTokens(6).seed(42).run(failing);
        System.out.println(r);
        r.patched().pairs().forEach(p -> System.out.print(p + " " + r.patched().at(p.source(), p.target()).hits() + "/" + r.random().at(p.source(), p.target()).hits() + "; "));
        System.out.println();
    }
}
