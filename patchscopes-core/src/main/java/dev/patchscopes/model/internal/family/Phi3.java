package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalInt;

/** Phi-3 and Phi-4: LLaMA with queries, keys and values in one tensor, and gate and up in one. */
final class Phi3 implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(32064, 3072, 32, 32, OptionalInt.empty(), 4096);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("phi3");
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
                        Norms.rms(settings.positive(1e-5, "rms_norm_eps")),
                        BlockLayout.sequential(),
                        sizes.attention(
                                Windows.everywhere(
                                        sizes, Windows.width(settings, OptionalInt.empty()))),
                        Specs.gatedMlp(settings, 8192));
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), false)
                        .build(sizes.layers(), Phi3::block);
        return new Architecture(spec, weights);
    }

    private static Block block(int layer) {
        String name = "layers." + layer + ".";
        return new BlockBuilder(
                        Names.linear(name + "self_attn.qkv_proj", false),
                        Names.linear(name + "self_attn.o_proj", false),
                        Names.linear(name + "mlp.gate_up_proj", false),
                        Names.linear(name + "mlp.down_proj", false))
                .attentionNorm(Names.rmsNorm(name + "input_layernorm"))
                .mlpNorm(Names.rmsNorm(name + "post_attention_layernorm"))
                .build();
    }
}
