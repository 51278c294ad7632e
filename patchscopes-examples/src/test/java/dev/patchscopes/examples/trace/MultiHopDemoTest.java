package dev.patchscopes.examples.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.patchscopes.model.HookedModel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MultiHopDemoTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final MultiHopDemo demo =
            new MultiHopDemo(new PrintStream(bytes, true, StandardCharsets.UTF_8), 2);

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    @Tag("trained")
    void itAsksTheBundledModel() {
        demo.bundled();
        assertThat(printed())
                .contains("Not trained on, one prompt", "Failed directly, two prompts")
                .contains("strict: 2 asked", "for example: ");
    }

    @Test
    void itAsksAnyModelWhatTheBundledOneWasTaught() {
        try (HookedModel model = HookedModel.demoSmall()) {
            demo.ask(model, MultiHopDemo.taught(question -> true));
        }
        assertThat(printed()).contains("; 2 of them are asked", "strict: 2 asked");
    }

    @Test
    void itNamesItsArguments() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MultiHopDemo.main(new String[] {"a", "b", "c"}))
                .withMessage("usage: MultiHopDemo [MODEL [RELATIONS]]");
    }
}
