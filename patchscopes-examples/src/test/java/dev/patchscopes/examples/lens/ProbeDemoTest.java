package dev.patchscopes.examples.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProbeDemoTest {

    @Test
    @Tag("trained")
    void itPrintsATableForEachRelation() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (HookedModel model = HookedModel.demoSmall();
                PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            ProbeDemo demo = new ProbeDemo(model, GroundTruth.of(DemoModel.SMALL), out);
            demo.run(List.of("class", "home"));
            assertThatThrownBy(() -> demo.run(List.of("weight")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("\"weight\" is none of the relations [capital, ");
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("class of an animal", "home of a company", "majority", "selectivity")
                .containsPattern("(?m)^ +6[ *] +[01]\\.\\d\\d \\[");
    }
}
