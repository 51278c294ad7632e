package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalInt;

/** Mistral: LLaMA with grouped keys and values and, in its first version, a sliding window. */
final class Mistral implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(32000, 4096, 32, 32, OptionalInt.of(8), 131072);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("mistral");
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
                        sizes.attention(
                                Windows.everywhere(
                                        sizes, Windows.width(settings, OptionalInt.of(4096)))),
                        Specs.gatedMlp(settings, 14336));
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), false)
                        .build(sizes.layers(), Mistral::block);
        return new Architecture(spec, weights);
    }

    private static Block block(int layer) {
        String name = "layers." + layer + ".";
        return BlockBuilder.gated(name, false, false, false)
                .attentionNorm(Names.rmsNorm(name + "input_layernorm"))
                .mlpNorm(Names.rmsNorm(name + "post_attention_layernorm"))
                .build();
    }
}
