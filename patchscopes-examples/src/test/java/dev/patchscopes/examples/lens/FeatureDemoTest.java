package dev.patchscopes.examples.lens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.Layers;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.lens.feature.FeatureExtractionReport;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FeatureDemoTest {

    @Test
    @Tag("trained")
    void everyTaskGivesAReportAndAnExample() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (HookedModel model = HookedModel.demo();
                PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            FeatureDemo demo = new FeatureDemo(model, GroundTruth.of(DemoModel.STANDARD), out);
            for (FeatureDemo.Task task : FeatureDemo.TASKS) {
                FeatureExtractionReport report = demo.run(task, 2, Layers.at(3));
                assertThat(report.provenance().relation()).contains(task.relation());
                assertThat(FeatureExtractionReport.fromJson(report.toJson())).isEqualTo(report);
            }
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                .filteredOn(line -> line.startsWith("  for example: "))
                .hasSize(3);
    }
}
