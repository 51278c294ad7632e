package dev.patchscopes.examples.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.HookedModel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EntityDemoTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    @Tag("trained")
    void itDescribesEvaluatesAndBackPatches() {
        try (HookedModel model = HookedModel.demo()) {
            EntityDemo.bundled(model, 3, out);
        }
        assertThat(printed())
                .startsWith("3 entities")
                .contains("placeholder unpatched: ", "placeholder hidden", "less random")
                .contains("back-patching demo", "any pair, random");
    }

    @Test
    void itDescribesNamesByAnyModel() {
        try (HookedModel model = HookedModel.demoSmall()) {
            EntityDemo.named(model, List.of("Japan"), out);
        }
        assertThat(printed()).contains("Japan (by name: ", " 1 ->  1  p ");
    }
}
