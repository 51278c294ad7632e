package dev.patchscopes.examples.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CausalTracingDemoTest {

    @Test
    @Tag("trained")
    void itShowsOneFactAndAverages() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CausalTracingDemo.bundled(3, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains(
                        "residual by layer: clean ", "3 facts, 0 more not answered", ", held out ")
                .containsPattern("\n  last subject +0\\.\\d{3} ")
                .contains("corruption lowers the probability of 3 of 3 answers");
    }

    @Test
    void aPromptWithoutItsSubjectIsRefused() {
        assertThatThrownBy(() -> CausalTracingDemo.main(new String[] {"models/gpt2", "A prompt"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("DIR PROMPT SUBJECT");
        assertThatThrownBy(() -> CausalTracingDemo.main(new String[] {"a", "b", "c", "d"}))
                .hasMessageContaining("4 arguments");
    }
}
