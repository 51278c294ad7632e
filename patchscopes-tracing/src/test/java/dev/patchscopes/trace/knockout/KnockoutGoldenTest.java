package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.TraceModels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Knockouts against logits computed elsewhere: edges before the softmax, some heads, some blocks.
 */
class KnockoutGoldenTest {
    private static final int ANSWER = 5;
    private static final int OTHER = 11;

    @TempDir private Path directory;

    private SafetensorsFile golden(String name) throws IOException {
        Path file = directory.resolve(name + ".safetensors");
        try (InputStream packed =
                getClass().getResourceAsStream("/golden/" + name + "/golden.safetensors.gz")) {
            Files.copy(new GZIPInputStream(packed), file, StandardCopyOption.REPLACE_EXISTING);
        }
        return SafetensorsFile.open(file);
    }

    private static int[] ints(SafetensorsFile file, String tensor) {
        return Arrays.stream(file.tensor(tensor).toDoubles()).mapToInt(v -> (int) v).toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama_gqa_llama3", "mistral", "bloom", "gemma2", "gptj"})
    void logitDifferencesAreTheReferences(String name) throws IOException {
        try (HookedModel model = TraceModels.exact(name);
                SafetensorsFile golden = golden(name)) {
            TokenizedPrompt prompt = TokenizedPrompt.ofIds(ints(golden, "knock.input_ids"));
            for (int i = 0; i < 3; i++) {
                String knock = "knock." + i;
                int[] blocks = ints(golden, knock + ".layers");
                int width = blocks[1] - blocks[0];
                int[] edges = ints(golden, knock + ".edges"); // [edge, 2]
                AttentionKnockout plan =
                        AttentionKnockout.of(model)
                                .prompt(prompt)
                                .answer(ANSWER)
                                .against(OTHER)
                                .heads(ints(golden, knock + ".heads"))
                                .window(width);
                for (int e = 0; e < edges.length; e += 2) {
                    plan = plan.edges("cut", Positions.at(edges[e]), Positions.at(edges[e + 1]));
                }
                double[] logits = golden.tensor(knock + ".logits").toDoubles(); // [pos, d_vocab]
                int last = logits.length - model.vocabularySize();
                double expected = logits[last + ANSWER] - logits[last + OTHER];
                KnockoutResult r = plan.run();
                // the references are float32
                assertThat(r.value("cut", blocks[0] + width / 2))
                        .as("%s of %s", knock, name)
                        .isCloseTo(expected, within(2e-4));
                assertThat(Math.abs(r.base() - expected)).isGreaterThan(1e-3);
            }
        }
    }
}
