package dev.patchscopes.examples.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ActivationPatchingDemoTest {

    @Test
    @Tag("trained")
    void itShowsPositionsAndAveragesWithIntervals() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ActivationPatchingDemo.bundled(2, 6, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("the capital of {} is; its subject is at position 9")
                .contains("resid_pre [block, pos], 0 as corrupted, 1 as clean:")
                .contains("6 pairs; logit difference ")
                .containsPattern(
                        "attn_out \\[block\\] at all positions[^\n]*\n +0  -?\\d\\.\\d{3} \\[")
                .containsPattern("z +block +\\d+ head +\\d+  -?\\d\\.\\d{3} \\[")
                .containsPattern("\n  mlp_out \\[block\\] +-?0\\.\\d{3}");
    }
}
