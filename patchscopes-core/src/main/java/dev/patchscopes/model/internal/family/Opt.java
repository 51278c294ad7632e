package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.EmbeddingSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.UnembeddingSpec;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** OPT: learned positions from row 2 on; the 350M model norms after instead of before. */
final class Opt implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(50272, 768, 12, 12, OptionalInt.empty(), 2048);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("opt");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        if (!settings.flag(true, "layer_norm_elementwise_affine")) {
            throw settings.bad(
                    "layer_norm_elementwise_affine", false, "is not supported; norms need weights");
        }
        Sizes sizes = Sizes.read(settings, DEFAULTS);
        int embedding = settings.size(sizes.width(), "word_embed_proj_dim");
        boolean normFirst = settings.flag(true, "do_layer_norm_before");
        boolean finalNorm = normFirst && !settings.flag(false, "_remove_final_layer_norm");
        ArchitectureSpec spec =
                Specs.of(
                        settings.modelType(),
                        sizes,
                        new EmbeddingSpec(embedding, 1, false),
                        new PositionSpec.Learned(2),
                        Norms.layer(1e-5),
                        normFirst
                                ? BlockLayout.sequential()
                                : new BlockLayout(false, InputNorms.NONE, false, true, false),
                        sizes.attention(),
                        new MlpSpec(
                                settings.size(3072, "ffn_dim"),
                                settings.activation("relu", "activation_function"),
                                false),
                        new UnembeddingSpec(finalNorm, OptionalDouble.empty()));
        WeightMapBuilder weights =
                new WeightMapBuilder("embed_tokens.weight", "model.decoder.", "decoder.", "")
                        .positions("embed_positions.weight")
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .ignore(name -> name.endsWith("decoder.version"));
        if (embedding != sizes.width()) {
            weights.projections(
                    Names.linear("project_in", false), Names.linear("project_out", false));
        }
        if (finalNorm) {
            weights.finalNorm(Names.layerNorm("final_layer_norm"));
        }
        boolean bias = settings.flag(true, "enable_bias");
        WeightMap map = weights.build(sizes.layers(), layer -> block(layer, bias));
        return new Architecture(spec, map);
    }

    private static Block block(int layer, boolean bias) {
        String name = "layers." + layer + ".";
        return new BlockBuilder(
                        Names.stacked(
                                bias,
                                name + "self_attn.q_proj",
                                name + "self_attn.k_proj",
                                name + "self_attn.v_proj"),
                        Names.linear(name + "self_attn.out_proj", bias),
                        Names.linear(name + "fc1", bias),
                        Names.linear(name + "fc2", bias))
                .attentionNorm(Names.layerNorm(name + "self_attn_layer_norm"))
                .mlpNorm(Names.layerNorm(name + "final_layer_norm"))
                .build();
    }
}
