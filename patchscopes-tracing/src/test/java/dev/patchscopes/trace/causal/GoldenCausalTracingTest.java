package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.StoredTensor;
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
 * Numbers that the reference implementation gives, with its noise: learned positions, an embedding
 * norm, scaled embeddings with norms after attention and MLP, projected embeddings, and parallel
 * blocks.
 */
class GoldenCausalTracingTest {
    private static final double TOLERANCE = 5e-5; // the reference computed in float32
    @TempDir private Path temporary;

    private SafetensorsFile golden(String name) throws IOException {
        Path file = temporary.resolve(name + ".safetensors");
        String resource = "/golden/%s/golden.safetensors.gz".formatted(name);
        try (InputStream in = new GZIPInputStream(getClass().getResourceAsStream(resource))) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return SafetensorsFile.open(file);
    }

    private static int[] ints(SafetensorsFile golden, String name) {
        return Arrays.stream(golden.tensor(name).toLongs()).mapToInt(Math::toIntExact).toArray();
    }

    /** [copy][subject token * d_embed]. */
    private static double[][] noise(SafetensorsFile golden) {
        StoredTensor tensor = golden.tensor("trace.noise");
        double[] all = tensor.toDoubles();
        int copies = Math.toIntExact(tensor.shape().get(0));
        int each = all.length / copies;
        double[][] noise = new double[copies][];
        for (int copy = 0; copy < copies; copy++) {
            noise[copy] = Arrays.copyOfRange(all, copy * each, (copy + 1) * each);
        }
        return noise;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "bloom", "gemma2", "opt_350m_style", "gptj"})
    void theReferencesNumbersComeOut(String name) throws IOException {
        try (SafetensorsFile golden = golden(name);
                HookedModel model = TraceModels.exact(name)) {
            int[] subject = ints(golden, "trace.subject");
            CausalTracing tracing =
                    CausalTracing.of(model)
                            .prompt(TokenizedPrompt.ofIds(ints(golden, "trace.input_ids")))
                            .subject(Positions.range(subject[0], subject[1]))
                            .corruption(Corruption.given(noise(golden)));
            CausalTrace trace =
                    tracing.kinds(TraceKind.RESIDUAL, TraceKind.MLP_OUT).window(2).run();
            assertThat(trace.provenance().answer().get(0))
                    .isEqualTo(ints(golden, "trace.token")[0]);
            same(golden, "trace.p_clean", trace.clean());
            same(golden, "trace.p_corrupt", trace.corrupted());
            same(golden, "trace.p_corrupt_each", doubles(trace));
            // theirs starts at the first block's output, which is layer 1
            same(golden, "trace.grid_hidden_w1", grid(trace, TraceKind.RESIDUAL, 1));
            same(golden, "trace.grid_mlp_w2", grid(trace, TraceKind.MLP_OUT, 0));
            CausalTrace attention = tracing.kinds(TraceKind.ATTN_OUT).window(3).run();
            same(golden, "trace.grid_attn_w3", grid(attention, TraceKind.ATTN_OUT, 0));
        }
    }

    private static double[] doubles(CausalTrace trace) {
        return trace.corruptedEach().stream().mapToDouble(v -> v).toArray();
    }

    private static double[] grid(CausalTrace trace, TraceKind kind, int from) {
        TraceGrid grid = trace.grid(kind);
        double[] all = new double[(grid.rows() - from) * grid.tokens()];
        for (int i = 0; i < all.length; i++) {
            all[i] = grid.value(from + i / grid.tokens(), i % grid.tokens());
        }
        return all;
    }

    private static void same(SafetensorsFile golden, String name, double... actual) {
        assertThat(actual).as(name).contains(golden.tensor(name).toDoubles(), within(TOLERANCE));
        assertThat(actual).as(name).hasSize((int) golden.tensor(name).elements());
    }
}
