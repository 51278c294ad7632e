package dev.patchscopes.examples.lens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.HookedModel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A short training on the model that comes with the library, measured on text it never saw. */
@Tag("trained")
class TunedLensDemoTest {
    private static final TunedLensDemo.Size SHORT =
            new TunedLensDemo.Size(2_500, 15_000, 24, 1024, 80);

    @Test
    void theTunedLensReadsEveryLayerNoWorseThanTheLogitLensAndEarlyOnesMuchBetter() {
        try (HookedModel model = HookedModel.demo();
                TunedLens ridge = TunedLensDemo.ridge(model, SHORT);
                TunedLens tuned = TunedLensDemo.train(model, ridge, SHORT)) {
            assertThat(TunedLensDemo.heldOut(SHORT, 80))
                    .doesNotHaveDuplicates()
                    .doesNotContainAnyElementsOf(TunedLensDemo.fitted(SHORT));
            TunedLensDemo.Outcome outcome = TunedLensDemo.compare(model, ridge, tuned, SHORT);
            TunedLensDemo.print(outcome, System.out);
            for (int layer = 0; layer < model.layers(); layer++) {
                assertThat(outcome.divergence("tuned lens", layer))
                        .as("layer %s", layer)
                        .isLessThanOrEqualTo(outcome.divergence("logit lens", layer));
            }
            assertThat(outcome.savedInFirstHalf()).isGreaterThanOrEqualTo(0.3);
        }
    }
}
