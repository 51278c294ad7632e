package dev.patchscopes.model.internal.family;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.WeightMap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenArchitecturesTest {

    static List<String> models() {
        return GoldenModels.names();
    }

    @Test
    void thereIsAModelForEveryFamily() {
        assertThat(models()).hasSize(33);
        assertThat(models().stream().map(m -> GoldenModels.architecture(m).spec().modelType()))
                .containsAll(
                        Families.modelTypes().stream().filter(t -> !t.equals("gemma3")).toList());
    }

    @ParameterizedTest
    @MethodSource("models")
    void allSpellingsOfAConfigurationMeanTheSame(String model) {
        Architecture expected = GoldenModels.architecture(model, "config.json");
        for (String spelling : List.of("config_legacy.json", "config_v5.json")) {
            Architecture other = GoldenModels.architecture(model, spelling);
            assertThat(other.spec()).as(spelling).isEqualTo(expected.spec());
            assertThat(withoutIgnored(other.weights()))
                    .as(spelling)
                    .isEqualTo(withoutIgnored(expected.weights()));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void everyTensorIsReadOnceAndEveryParameterHasItsShape(String model) {
        Architecture architecture = GoldenModels.architecture(model);
        Map<String, long[]> shapes = shapes(GoldenModels.file(model, "model.safetensors"));
        String prefix = architecture.weights().prefixes().get(0);
        assertThat(WeightCoverage.faults(architecture, shapes, prefix)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "bloom", "opt"})
    void namesWithoutPrefixAreReadToo(String model) {
        Path file = GoldenModels.file(model, "hub_names/model.safetensors");
        assertThat(Files.exists(file)).isTrue();
        Architecture architecture = GoldenModels.architecture(model, "hub_names/config.json");
        assertThat(architecture.spec()).isEqualTo(GoldenModels.architecture(model).spec());
        String prefix = architecture.weights().prefixes().get(1);
        assertThat(WeightCoverage.faults(architecture, shapes(file), prefix)).isEmpty();
    }

    @Test
    void aTensorTooManyATensorTooFewAndAWrongShapeAreNoticed() {
        Architecture llama = GoldenModels.architecture("llama");
        Map<String, long[]> shapes = shapes(GoldenModels.file("llama", "model.safetensors"));
        shapes.put("model.layers.0.self_attn.q_norm.weight", new long[] {12});
        shapes.remove("model.norm.weight");
        shapes.put("lm_head.weight", new long[] {130, 48});
        assertThat(WeightCoverage.faults(llama, shapes, "model."))
                .anyMatch(fault -> fault.contains("q_norm.weight is left over"))
                .anyMatch(fault -> fault.contains("model.norm.weight is not in the checkpoint"))
                .anyMatch(fault -> fault.contains("has 130 rows, not 131"));
    }

    @Test
    void buffersOfOldCheckpointsAreIgnoredAndParametersAreNot() {
        WeightMap gpt2 = GoldenModels.architecture("gpt2").weights();
        assertThat(
                        List.of(
                                "transformer.h.0.attn.bias",
                                "h.11.attn.bias",
                                "transformer.h.0.attn.masked_bias",
                                "gpt_neox.layers.3.attention.bias",
                                "gpt_neox.layers.3.attention.masked_bias",
                                "gpt_neox.layers.3.attention.rotary_emb.inv_freq",
                                "transformer.h.2.attn.attention.bias",
                                "transformer.h.2.attn.attention.masked_bias",
                                "model.layers.0.self_attn.rotary_emb.inv_freq",
                                "model.rotary_emb.inv_freq",
                                "transformer.h.2.attn.embed_positions",
                                "lm_head.weight"))
                .allMatch(gpt2.ignored());
        assertThat(
                        List.of(
                                "transformer.h.0.attn.c_attn.bias",
                                "transformer.h.0.self_attention.dense.bias",
                                "gpt_neox.layers.3.attention.dense.bias",
                                "model.layers.0.self_attn.q_proj.bias",
                                "transformer.wpe.weight",
                                "lm_head.bias"))
                .noneMatch(gpt2.ignored());
    }

    @Test
    void aStoredHeadIsIgnoredOnlyIfTied() {
        WeightMap untied = GoldenModels.architecture("gpt2_variant").weights();
        assertThat(untied.tied()).isFalse();
        assertThat(untied.ignored().test("lm_head.weight")).isFalse();
        WeightMap neox = GoldenModels.architecture("gpt_neox_sequential").weights();
        assertThat(neox.tied()).isTrue();
        assertThat(neox.ignored().test("embed_out.weight")).isTrue();
    }

    /** Predicates have no equality; everything else of the two maps is compared. */
    private static WeightMap withoutIgnored(WeightMap map) {
        return new WeightMap(
                map.prefixes(),
                map.unprefixed(),
                map.embedding(),
                map.positions(),
                map.embeddingNorm(),
                map.projectIn(),
                map.projectOut(),
                map.finalNorm(),
                map.unembedding(),
                map.blocks(),
                name -> false);
    }

    private static Map<String, long[]> shapes(Path file) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            tensors.tensors().forEach((name, tensor) -> shapes.put(name, tensor.shape().toArray()));
        }
        return shapes;
    }
}
