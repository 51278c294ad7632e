package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalInt;

/** Qwen 2 and 2.5: LLaMA with biases on queries, keys and values. */
final class Qwen2 implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(151936, 4096, 32, 32, OptionalInt.of(32), 32768);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("qwen2");
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
                        sizes.attention(windows(settings, sizes)),
                        Specs.gatedMlp(settings, 22016));
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), false)
                        .build(sizes.layers(), Qwen2::block);
        return new Architecture(spec, weights);
    }

    /** Unless the file lists the blocks that slide, those from {@code max_window_layers} on do. */
    static ImmutableList<Integer> windows(Settings settings, Sizes sizes) {
        OptionalInt width =
                settings.flag(false, "use_sliding_window")
                        ? Windows.width(settings, OptionalInt.of(4096))
                        : OptionalInt.empty();
        int full = settings.whole(28, "max_window_layers");
        return Windows.where(
                settings,
                Windows.sliding(settings, sizes, layer -> width.isPresent() && layer >= full),
                width);
    }

    private static Block block(int layer) {
        String name = "layers." + layer + ".";
        return BlockBuilder.gated(name, true, false, false)
                .attentionNorm(Names.rmsNorm(name + "input_layernorm"))
                .mlpNorm(Names.rmsNorm(name + "post_attention_layernorm"))
                .build();
    }
}
