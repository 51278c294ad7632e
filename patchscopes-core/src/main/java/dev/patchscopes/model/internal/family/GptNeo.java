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
import java.util.ArrayList;
import java.util.List;

/** GPT-Neo: GPT-2 with unscaled attention, every other block seeing a window only. */
final class GptNeo implements Family {

    private static final String LOCAL = "local";
    private static final ImmutableSet<String> KINDS = ImmutableSet.of("global", LOCAL);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("gpt_neo");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        int width = settings.size(2048, "hidden_size");
        int heads = settings.count(16, "num_attention_heads", "num_heads");
        Sizes sizes =
                new Sizes(
                        settings.count(24, "num_hidden_layers", "num_layers"),
                        width,
                        settings.size(50257, "vocab_size"),
                        settings.size(2048, "max_position_embeddings"),
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
                        sizes.attention(sizes.everyBlock(1.0), windows(settings, sizes)),
                        new MlpSpec(
                                settings.size(4 * width, "intermediate_size"),
                                settings.activation("gelu_new", "activation_function"),
                                false));
        WeightMap weights =
                new WeightMapBuilder("wte.weight", "transformer.", "")
                        .positions("wpe.weight")
                        .finalNorm(Names.layerNorm("ln_f"))
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .build(sizes.layers(), GptNeo::block);
        return new Architecture(spec, weights);
    }

    private static ImmutableList<Integer> windows(Settings settings, Sizes sizes) {
        List<String> kinds =
                settings.has("attention_layers")
                        ? settings.words("attention_layers")
                        : expanded(settings, sizes);
        if (kinds.size() != sizes.layers() || !KINDS.containsAll(kinds)) {
            throw settings.bad(
                    settings.has("attention_layers") ? "attention_layers" : "attention_types",
                    kinds.size() <= 100 ? kinds : "a list of " + kinds.size(),
                    "must give each of the " + sizes.layers() + " blocks one of " + KINDS);
        }
        int window = settings.size(256, "window_size");
        return kinds.stream()
                .map(kind -> kind.equals(LOCAL) ? window : 0)
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * The kinds that {@code attention_types} spells as repeated groups: [[[kind, ...], n], ...].
     */
    private static List<String> expanded(Settings settings, Sizes sizes) {
        List<String> kinds = new ArrayList<>();
        ImmutableList<Object> groups =
                settings.has("attention_types")
                        ? settings.list("attention_types")
                        : ImmutableList.of(
                                ImmutableList.of(ImmutableList.of("global", LOCAL), 12L));
        for (Object group : groups) {
            if (!(group instanceof List<?> pair)
                    || pair.size() != 2
                    || !(pair.get(0) instanceof List<?> repeated)
                    || !(pair.get(1) instanceof Long times)) {
                throw settings.bad(
                        "attention_types", groups, "must hold pairs of a list and a number");
            }
            for (long i = 0; i < times && kinds.size() <= sizes.layers(); i++) {
                repeated.forEach(kind -> kinds.add(String.valueOf(kind)));
            }
        }
        return kinds;
    }

    private static Block block(int layer) {
        String name = "h." + layer + ".";
        String attention = name + "attn.attention.";
        return new BlockBuilder(
                        Names.stacked(
                                false,
                                attention + "q_proj",
                                attention + "k_proj",
                                attention + "v_proj"),
                        Names.linear(attention + "out_proj", true),
                        Names.linear(name + "mlp.c_fc", true),
                        Names.linear(name + "mlp.c_proj", true))
                .attentionNorm(Names.layerNorm(name + "ln_1"))
                .mlpNorm(Names.layerNorm(name + "ln_2"))
                .build();
    }
}
