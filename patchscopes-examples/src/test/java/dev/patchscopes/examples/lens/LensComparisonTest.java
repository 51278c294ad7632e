package dev.patchscopes.examples.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.lens.LensMetric;
import dev.patchscopes.lens.LensReport;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * All lenses on a few texts, two of them hardly trained; in float64, where identities are exact.
 */
@Tag("trained")
class LensComparisonTest {
    private static final TunedLensDemo.Size TINY = new TunedLensDemo.Size(100, 512, 1, 128, 4);

    @Test
    void everyLensAndControlIsScoredAtEveryLayer() {
        try (HookedModel model =
                        DemoModel.STANDARD.load(loader -> loader.computeType(ComputeType.FLOAT64));
                TunedLens ridge = TunedLensDemo.ridge(model, TINY);
                TunedLens tuned = TunedLensDemo.train(model, ridge, TINY)) {
            List<String> texts = TunedLensDemo.heldOut(TINY, 4);
            LensReport report = LensComparison.evaluate(model, ridge, tuned, texts);
            assertThat(report.setup().texts()).isEqualTo(4);
            assertThat(report.setup().states()).isEqualTo(4);
            assertThat(report.lenses()).hasSize(5 + 5 + 1); // lenses, random vectors, no patch
            assertThat(report.lenses())
                    .allSatisfy(lens -> assertThat(lens.layers()).hasSize(model.layers() + 1));
            assertThat(report.of("logit lens").at(model.layers(), LensMetric.KL_FROM_MODEL).mean())
                    .isCloseTo(0, within(1e-12));
            assertThat(LensReport.fromJson(report.toJson())).isEqualTo(report);
        }
    }
}
