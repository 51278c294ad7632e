package dev.patchscopes.lens.feature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a trained model's representations of countries hold. */
@Tag("trained")
class FeatureExtractionTrainedTest {

    @Test
    void representationsHoldCurrenciesAndRandomVectorsDoNot() {
        Relation currencies = Relation.of(GroundTruth.of(DemoModel.STANDARD), "currency");
        try (HookedModel model = HookedModel.demo()) {
            FeatureExtractionReport report =
                    FeatureExtraction.of(model)
                            .relation(currencies.splitAt(16, 1).train())
                            .sources("She spent a week in {}")
                            .layers(Layers.at(1, 3, 5, 9), Layers.at(0, 2, 4, 8))
                            .seed(42)
                            .run();
            System.out.println(report);

            assertThat(report.direct().strict().share()).isGreaterThan(0.9);
            assertThat(report.heldOutCell().strict().test().share()).isGreaterThan(0.5);
            assertThat(report.placeholder().strict().share()).isLessThan(0.2);
            // Intervals that leave zero out, on the half that had no part in the choice.
            assertThat(report.overRandom().strict().low()).isPositive();
            assertThat(report.overPlaceholder().strict().low()).isPositive();
            assertThat(report.overRandom().paper().low()).isPositive();
            // Late layers leave too few blocks to read what is written there.
            assertThat(report.at(3, 8).strict().share())
                    .isLessThan(report.at(3, 2).strict().share());
        }
    }
}
