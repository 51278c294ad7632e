package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same model in other spellings and file formats. */
class GoldenCheckpointVariantsTest {

    @EachGolden
    void olderAndNewerConfigurationFiles(GoldenModel g) {
        for (String file : List.of("config_legacy.json", "config_v5.json")) {
            try (HookedModel other =
                    HookedModel.loader(GoldenFiles.directory(g.name()))
                            .computeType(g.type())
                            .config(GoldenFiles.file(g.name(), file))
                            .load()) {
                hasTheSameLogits(other, g, file);
            }
        }
    }

    @Test
    void theConfigurationFileThatWasNamedIsTheOneRead(@TempDir Path directory) throws IOException {
        Path file = GoldenFiles.file("gpt2", "config_v5.json");
        String text = Files.readString(file);
        String changed = text.replaceAll("(\"layer_norm_epsilon\": )[^,]+", "$10.5");
        assertThat(changed).isNotEqualTo(text);
        Path other = Files.writeString(directory.resolve("other.json"), changed);
        TokenBatch batch = TokenBatch.of(TokenizedPrompt.ofIds(1, 2, 3));
        try (HookedModel own = HookedModel.load(GoldenFiles.directory("gpt2"));
                HookedModel given =
                        HookedModel.loader(GoldenFiles.directory("gpt2")).config(other).load()) {
            assertThat(logits(given, batch)).isNotEqualTo(logits(own, batch));
        }
    }

    @EachGolden
    void namesWithoutPrefix(GoldenModel g) {
        Path directory = GoldenFiles.file(g.name(), "hub_names");
        assertThat(Files.exists(directory))
                .isEqualTo(List.of("bloom", "gpt2", "opt").contains(g.name()));
        if (Files.exists(directory)) {
            try (HookedModel other = g.load(directory)) {
                hasTheSameLogits(other, g, "hub_names");
            }
        }
    }

    @EachGolden
    void roundedWeightsInOtherFormats(GoldenModel g) {
        boolean stored = List.of("gptj", "llama", "gpt_neox_parallel").contains(g.name());
        assertThat(g.golden().has("main.logits_w_f16")).isEqualTo(stored);
        if (stored) {
            rounded(g, "bin", "f16");
            rounded(g, "bin_sharded", "f16");
        }
        if (g.name().equals("gptj")) {
            rounded(g, "st_sharded", "f16");
        }
        if (g.name().equals("llama")) {
            rounded(g, "st_sharded", "bf16");
        }
    }

    private static void rounded(GoldenModel g, String directory, String format) {
        try (HookedModel other = g.load(GoldenFiles.file(g.name(), directory))) {
            double[] logits = logits(other, g.batch("main.input_ids"));
            g.check(Kind.ROUNDED, Quantity.LOGITS, logits, "main.logits_w_" + format);
        }
    }

    private static void hasTheSameLogits(HookedModel other, GoldenModel g, String what) {
        for (String ids : List.of("main.input_ids", "long.input_ids")) {
            TokenBatch batch = g.batch(ids);
            assertThat(logits(other, batch)).as("%s, %s", what, ids).isEqualTo(g.logits(batch));
        }
    }

    private static double[] logits(HookedModel model, TokenBatch batch) {
        return GoldenModel.all(
                model.run(batch).capture(HookPoint.logits()).execute().get(HookPoint.logits()));
    }
}
