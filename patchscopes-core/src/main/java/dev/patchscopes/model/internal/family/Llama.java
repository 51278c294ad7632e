package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.EmbeddingSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.UnembeddingSpec;
import dev.patchscopes.model.internal.WeightMap;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** LLaMA 1 to 3 and everything trained from it: RMS norms, rotary positions, a gated MLP. */
final class Llama implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(32000, 4096, 32, 32, OptionalInt.empty(), 2048);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("llama");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        Sizes sizes = Sizes.read(settings, DEFAULTS);
        ArchitectureSpec spec =
                new ArchitectureSpec(
                        settings.modelType(),
                        sizes.layers(),
                        sizes.width(),
                        sizes.vocabulary(),
                        sizes.context(),
                        new EmbeddingSpec(sizes.width(), 1, false),
                        Rope.uniform(settings, sizes, 10_000, 1),
                        Norms.rms(settings.positive(1e-6, "rms_norm_eps")),
                        BlockLayout.sequential(),
                        sizes.attention(),
                        new MlpSpec(
                                settings.size(11008, "intermediate_size"),
                                settings.activation("silu", "hidden_act"),
                                true),
                        new UnembeddingSpec(true, OptionalDouble.empty()));
        boolean attentionBias = settings.flag(false, "attention_bias");
        boolean mlpBias = settings.flag(false, "mlp_bias");
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), false)
                        .build(
                                sizes.layers(),
                                layer -> {
                                    String block = "layers." + layer + ".";
                                    return BlockBuilder.gated(
                                                    block, attentionBias, attentionBias, mlpBias)
                                            .attentionNorm(
                                                    Names.rmsNorm(block + "input_layernorm"))
                                            .mlpNorm(
                                                    Names.rmsNorm(
                                                            block + "post_attention_layernorm"))
                                            .build();
                                });
        return new Architecture(spec, weights);
    }
}
