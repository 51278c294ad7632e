package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec.Rotary;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryScaling;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryVariant;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;

/** GPT-J: parallel blocks with one LayerNorm, neighbouring dimensions rotated in pairs. */
final class GptJ implements Family {

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("gptj");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        int width = settings.size(4096, "hidden_size", "n_embd");
        int heads = settings.count(16, "num_attention_heads", "n_head");
        Sizes sizes =
                new Sizes(
                        settings.count(28, "num_hidden_layers", "n_layer"),
                        width,
                        settings.size(50400, "vocab_size"),
                        settings.size(2048, "max_position_embeddings", "n_positions"),
                        heads,
                        heads,
                        Sizes.share(width, heads));
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        rotary(settings, sizes),
                        Norms.layer(settings.positive(1e-5, "layer_norm_epsilon")),
                        BlockLayout.parallel(InputNorms.SHARED),
                        sizes.attention(scales(sizes), sizes.everyBlock(0)),
                        new MlpSpec(
                                settings.size(4 * width, "n_inner"),
                                settings.activation("gelu_new", "activation_function"),
                                false));
        WeightMap weights =
                new WeightMapBuilder("wte.weight", "transformer.", "")
                        .finalNorm(Names.layerNorm("ln_f"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), true)
                        .build(sizes.layers(), GptJ::block);
        return new Architecture(spec, weights);
    }

    /** The reference implementation keeps the root of the head width in float32. */
    private static ImmutableList<Double> scales(Sizes sizes) {
        return sizes.everyBlock(1.0 / (float) Math.sqrt(sizes.headWidth()));
    }

    private static Rotary rotary(Settings settings, Sizes sizes) {
        int dims = settings.size(64, "rotary_dim");
        Rope.check(settings, sizes, dims);
        return new Rotary(
                dims,
                true,
                true,
                ImmutableList.of(new RotaryVariant(10_000, new RotaryScaling.None())),
                sizes.everyBlock(0));
    }

    private static Block block(int layer) {
        String name = "h." + layer + ".";
        return new BlockBuilder(
                        Names.stacked(
                                false,
                                name + "attn.q_proj",
                                name + "attn.k_proj",
                                name + "attn.v_proj"),
                        Names.linear(name + "attn.out_proj", false),
                        Names.linear(name + "mlp.fc_in", true),
                        Names.linear(name + "mlp.fc_out", true))
                .attentionNorm(Names.layerNorm(name + "ln_1"))
                .build();
    }
}
