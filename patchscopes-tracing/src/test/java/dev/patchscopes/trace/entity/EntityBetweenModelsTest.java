package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.trace.TraceModels;
import dev.patchscopes.trace.cross.CrossModelMap;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a small model reads in the words of a larger one, by maps fitted between the two. */
@Tag("trained")
class EntityBetweenModelsTest {

    private static final double SAME = 1e-9;
    private static final Layers SOURCE = Layers.at(1, 2);
    private static final Layers TARGET = Layers.at(2, 4);

    @Test
    void fittedMapsGiveTheCellsOfPatchscopesExactlyAndNaively() {
        List<String> texts =
                GroundTruth.of(DemoModel.STANDARD).knownPrompts().stream()
                        .limit(100)
                        .map(FactPrompt::prompt)
                        .toList();
        try (HookedModel source = TraceModels.exact(DemoModel.SMALL);
                HookedModel target = TraceModels.exact(DemoModel.STANDARD)) {
            CrossModelMap map =
                    CrossModelMap.between(source, target)
                            .layers(SOURCE, TARGET)
                            .texts(texts)
                            .heldOut(0.2)
                            .patched(0)
                            .fit();
            EntityDescription d =
                    EntityDescription.of(source)
                            .targetModel(target)
                            .mapping(map::mapping)
                            .layers(SOURCE, TARGET)
                            .maxNewTokens(3);
            EntityReport exact = d.describe("Japan", "New Zealand");
            EntityReport naive = d.execution(Execution.NAIVE).describe("Japan", "New Zealand");

            for (DescribedEntity entity : exact.entities()) {
                assertThat(entity.patched()).hasSize(4);
                for (Description cell : entity.patched()) {
                    int l = cell.sourceLayer();
                    int to = cell.targetLayer();
                    EntityText other = naive.of(entity.name()).at(l, to).said();
                    Generation alone =
                            d.asPatchscope(entity.name(), l, to).run().patched().generation();
                    assertThat(cell.said().ids())
                            .isEqualTo(other.ids())
                            .isEqualTo(alone.ids().asList());
                    for (int i = 0; i < alone.ids().length(); i++) {
                        double p = cell.said().probabilities().get(i);
                        assertThat(p).isCloseTo(other.probabilities().get(i), within(SAME));
                        assertThat(p).isCloseTo(alone.tokens().get(i).probability(), within(SAME));
                    }
                }
            }
            assertThat(exact.of("Japan").at(2, 4).said().probabilities())
                    .isNotEqualTo(exact.of("New Zealand").at(2, 4).said().probabilities());
            assertThat(exact.provenance().mappings()).doesNotHaveDuplicates();
        }
    }
}
