package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
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
                Specs.plain(
                        settings,
                        sizes,
                        Rope.uniform(settings, sizes, 10_000, 1),
                        Norms.rms(settings.positive(1e-6, "rms_norm_eps")),
                        BlockLayout.sequential(),
                        sizes.attention(),
                        Specs.gatedMlp(settings, 11008));
        boolean attentionBias = settings.flag(false, "attention_bias");
        boolean mlpBias = settings.flag(false, "mlp_bias");
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), false)
                        .build(sizes.layers(), layer -> block(layer, attentionBias, mlpBias));
        return new Architecture(spec, weights);
    }

    private static Block block(int layer, boolean attentionBias, boolean mlpBias) {
        String name = "layers." + layer + ".";
        return BlockBuilder.gated(name, attentionBias, attentionBias, mlpBias)
                .attentionNorm(Names.rmsNorm(name + "input_layernorm"))
                .mlpNorm(Names.rmsNorm(name + "post_attention_layernorm"))
                .build();
    }
}
