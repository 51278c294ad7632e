package dev.patchscopes.examples.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnockoutDemoTest {

    @Test
    @Tag("trained")
    void itShowsOneFactAndAverages() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        KnockoutDemo.bundled(8, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("8 facts (0 not answered", "random less subject", "(first)")
                .containsPattern("cutting them off hurts most around block \\d+")
                .contains(
                        "8 facts (0 not answered, 0 without a subject before the last token), extraction");
    }

    @Test
    void aDirectoryAloneIsTakenAndAPromptNeedsASubject(@TempDir Path empty) {
        // there is no checkpoint in it: it is looked for, so one argument is enough
        assertThatThrownBy(() -> KnockoutDemo.main(new String[] {empty.toString()}))
                .hasMessageContaining("config.json");
        assertThatThrownBy(() -> KnockoutDemo.main(new String[] {empty.toString(), "A prompt"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[DIRECTORY [PROMPT SUBJECT]]");
    }
}
