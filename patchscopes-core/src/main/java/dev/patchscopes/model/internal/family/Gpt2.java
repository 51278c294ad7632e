package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.stream.IntStream;

/** GPT-2: learned positions, LayerNorm before each sub-block, weights stored [in, out]. */
final class Gpt2 implements Family {

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("gpt2");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        int width = settings.size(768, "hidden_size", "n_embd");
        int heads = settings.count(12, "num_attention_heads", "n_head");
        Sizes sizes =
                new Sizes(
                        settings.count(12, "num_hidden_layers", "n_layer"),
                        width,
                        settings.size(50257, "vocab_size"),
                        settings.size(1024, "max_position_embeddings", "n_positions"),
                        heads,
                        heads,
                        Sizes.share(width, heads));
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        new PositionSpec.Learned(0),
                        Norms.layer(settings.positive(1e-5, "layer_norm_epsilon")),
                        BlockLayout.sequential(),
                        sizes.attention(scales(settings, sizes), sizes.everyBlock(0)),
                        new MlpSpec(
                                settings.size(4 * width, "n_inner"),
                                settings.activation("gelu_new", "activation_function"),
                                false));
        WeightMap weights =
                new WeightMapBuilder("wte.weight", "transformer.", "")
                        .positions("wpe.weight")
                        .finalNorm(Names.layerNorm("ln_f"))
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .build(sizes.layers(), Gpt2::block);
        return new Architecture(spec, weights);
    }

    private static ImmutableList<Double> scales(Settings settings, Sizes sizes) {
        double scale = settings.flag(true, "scale_attn_weights") ? sizes.usualScale() : 1;
        boolean byLayer = settings.flag(false, "scale_attn_by_inverse_layer_idx");
        return IntStream.range(0, sizes.layers())
                .mapToObj(layer -> byLayer ? scale / (layer + 1) : scale)
                .collect(ImmutableList.toImmutableList());
    }

    private static Block block(int layer) {
        String name = "h." + layer + ".";
        return new BlockBuilder(
                        Names.transposed(name + "attn.c_attn"),
                        Names.transposed(name + "attn.c_proj"),
                        Names.transposed(name + "mlp.c_fc"),
                        Names.transposed(name + "mlp.c_proj"))
                .attentionNorm(Names.layerNorm(name + "ln_1"))
                .mlpNorm(Names.layerNorm(name + "ln_2"))
                .build();
    }
}
