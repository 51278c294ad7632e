package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalInt;

/** OLMo 2: norms after attention and MLP instead of before, and on whole queries and keys. */
final class Olmo2 implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(50304, 4096, 32, 32, OptionalInt.empty(), 2048);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("olmo2");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        Sizes sizes = Sizes.read(settings, DEFAULTS);
        NormSpec norm = Norms.rms(settings.positive(1e-5, "rms_norm_eps"));
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        Rope.uniform(settings, sizes, 10_000, 1),
                        norm,
                        new BlockLayout(false, InputNorms.NONE, true, false, false),
                        sizes.attention(sizes.everyBlock(0), QkNorm.WHOLE, norm),
                        Specs.gatedMlp(settings, 11008));
        boolean bias = settings.flag(false, "attention_bias");
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), false)
                        .build(sizes.layers(), layer -> block(layer, bias));
        return new Architecture(spec, weights);
    }

    private static Block block(int layer, boolean bias) {
        String name = "layers." + layer + ".";
        return BlockBuilder.gated(name, bias, bias, false)
                .outputNorms(
                        Names.rmsNorm(name + "post_attention_layernorm"),
                        Names.rmsNorm(name + "post_feedforward_layernorm"))
                .queryKeyNorms(
                        Names.rmsNorm(name + "self_attn.q_norm"),
                        Names.rmsNorm(name + "self_attn.k_norm"))
                .build();
    }
}
