package dev.patchscopes.examples.lens;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RelationDemoTest {

    @Test
    @Tag("trained")
    void itShowsWhatTheMapPredictsAndEditsAndReads() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        RelationDemo.run(
                List.of("continent"), 5, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        String text = bytes.toString(StandardCharsets.UTF_8);
        assertThat(text)
                .startsWith("continent: read at layer ")
                .containsPattern(
                        "\n  linear relation +[01]\\.\\d\\d \\[[01]\\.\\d\\d, [01]\\.\\d\\d\\]")
                .containsPattern("\n  random direction +0\\.\\d\\d ")
                .contains("(it goes on with \" yen\"")
                .containsPattern("  layer 2 at \"Japan\": \" Tokyo\" 0\\.\\d{3}\n");
        assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }
}
