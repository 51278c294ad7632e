package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalInt;

/** Phi 1, 1.5 and 2: parallel blocks with one LayerNorm, half-rotated heads, biases everywhere. */
final class Phi implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(51200, 2048, 24, 32, OptionalInt.empty(), 2048);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("phi");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        Sizes sizes = Sizes.read(settings, DEFAULTS);
        NormSpec norm = Norms.layer(settings.positive(1e-5, "layer_norm_eps"));
        boolean qkNorm = settings.flag(false, "qk_layernorm");
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        Rope.uniform(settings, sizes, 10_000, 0.5),
                        norm,
                        BlockLayout.parallel(InputNorms.SHARED),
                        qkNorm
                                ? sizes.attention(sizes.everyBlock(0), QkNorm.PER_HEAD, norm)
                                : sizes.attention(),
                        new MlpSpec(
                                settings.size(8192, "intermediate_size"),
                                settings.activation("gelu_new", "hidden_act"),
                                false));
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.layerNorm("final_layernorm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), true)
                        .build(sizes.layers(), layer -> block(layer, qkNorm));
        return new Architecture(spec, weights);
    }

    private static Block block(int layer, boolean qkNorm) {
        String name = "layers." + layer + ".";
        String attention = name + "self_attn.";
        BlockBuilder block =
                new BlockBuilder(
                                Names.stacked(
                                        true,
                                        attention + "q_proj",
                                        attention + "k_proj",
                                        attention + "v_proj"),
                                Names.linear(attention + "dense", true),
                                Names.linear(name + "mlp.fc1", true),
                                Names.linear(name + "mlp.fc2", true))
                        .attentionNorm(Names.layerNorm(name + "input_layernorm"));
        if (qkNorm) {
            block.queryKeyNorms(
                    Names.layerNorm(attention + "q_layernorm"),
                    Names.layerNorm(attention + "k_layernorm"));
        }
        return block.build();
    }
}
