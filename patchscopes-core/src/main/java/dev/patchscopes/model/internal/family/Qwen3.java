package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalInt;

/** Qwen 3: LLaMA with RMS norms on the queries and keys of each head. */
final class Qwen3 implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(151936, 4096, 32, 32, OptionalInt.of(32), 32768);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("qwen3");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        Sizes sizes = Sizes.read(settings, DEFAULTS, OptionalInt.of(128));
        NormSpec norm = Norms.rms(settings.positive(1e-6, "rms_norm_eps"));
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        Rope.uniform(settings, sizes, 10_000, 1),
                        norm,
                        BlockLayout.sequential(),
                        sizes.attention(Qwen2.windows(settings, sizes), QkNorm.PER_HEAD, norm),
                        Specs.gatedMlp(settings, 22016));
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
                .attentionNorm(Names.rmsNorm(name + "input_layernorm"))
                .mlpNorm(Names.rmsNorm(name + "post_attention_layernorm"))
                .queryKeyNorms(
                        Names.rmsNorm(name + "self_attn.q_norm"),
                        Names.rmsNorm(name + "self_attn.k_norm"))
                .build();
    }
}
