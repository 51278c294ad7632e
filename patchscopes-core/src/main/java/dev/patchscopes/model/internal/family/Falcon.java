package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;

/**
 * Falcon in its three builds: 7B (one key and value head, one norm), 40B and later (grouped heads,
 * two norms or one) and the RefinedWeb models (a head each, ALiBi, sequential blocks).
 */
final class Falcon implements Family {

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("falcon");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        boolean grouped = settings.flag(false, "new_decoder_architecture");
        boolean oneKey = !grouped && settings.flag(true, "multi_query");
        Sizes sizes = sizes(settings, grouped, oneKey);
        BlockLayout layout = layout(settings, grouped);
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        settings.flag(false, "alibi")
                                ? new PositionSpec.Alibi(true, true)
                                : Rope.uniform(settings, sizes, 10_000, 1),
                        Norms.layer(settings.positive(1e-5, "layer_norm_epsilon")),
                        layout,
                        sizes.attention(),
                        new MlpSpec(
                                settings.size(4 * sizes.width(), "ffn_hidden_size"),
                                settings.activation("gelu", "activation"),
                                false));
        boolean bias = settings.flag(false, "bias");
        // Stored group by group: its queries, its key, its value. One group needs no reordering.
        int groups = sizes.keyValueHeads();
        ImmutableIntArray rows =
                groups == 1
                        ? ImmutableIntArray.of()
                        : Names.groupedRows(groups, sizes.heads() / groups, sizes.headWidth());
        WeightMap weights =
                new WeightMapBuilder("word_embeddings.weight", "transformer.", "")
                        .finalNorm(Names.layerNorm("ln_f"))
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .build(sizes.layers(), layer -> block(layer, layout, rows, bias));
        return new Architecture(spec, weights);
    }

    private static Sizes sizes(Settings settings, boolean grouped, boolean oneKey) {
        int width = settings.size(4544, "n_embed", "hidden_size");
        int heads = settings.count(71, "num_attention_heads");
        int keyValueHeads = heads;
        if (grouped) {
            keyValueHeads = settings.count(heads, "num_kv_heads");
        } else if (oneKey) {
            keyValueHeads = 1; // whatever num_kv_heads says
        }
        return new Sizes(
                settings.count(32, "num_hidden_layers"),
                width,
                settings.size(65024, "vocab_size"),
                settings.size(2048, "max_position_embeddings"),
                heads,
                keyValueHeads,
                Sizes.share(width, heads));
    }

    private static BlockLayout layout(Settings settings, boolean grouped) {
        boolean parallel = settings.flag(true, "parallel_attn");
        if (!parallel && grouped) {
            throw settings.bad(
                    "parallel_attn", false, "does not go with new_decoder_architecture = true");
        }
        if (!parallel) {
            return BlockLayout.sequential();
        }
        int norms = settings.count(grouped ? 2 : 1, "num_ln_in_parallel_attn");
        if (norms > (grouped ? 2 : 1)) {
            throw settings.bad(
                    "num_ln_in_parallel_attn",
                    norms,
                    grouped ? "is not 1 or 2" : "needs new_decoder_architecture = true");
        }
        return BlockLayout.parallel(norms == 2 ? InputNorms.SEPARATE : InputNorms.SHARED);
    }

    private static Block block(
            int layer, BlockLayout layout, ImmutableIntArray rows, boolean bias) {
        String name = "h." + layer + ".";
        BlockBuilder block =
                new BlockBuilder(
                        Names.rows(name + "self_attention.query_key_value", rows, bias),
                        Names.linear(name + "self_attention.dense", bias),
                        Names.linear(name + "mlp.dense_h_to_4h", bias),
                        Names.linear(name + "mlp.dense_4h_to_h", bias));
        if (layout.parallel() && layout.inputNorms() == InputNorms.SEPARATE) {
            return block.attentionNorm(Names.layerNorm(name + "ln_attn"))
                    .mlpNorm(Names.layerNorm(name + "ln_mlp"))
                    .build();
        }
        block.attentionNorm(Names.layerNorm(name + "input_layernorm"));
        if (!layout.parallel()) {
            block.mlpNorm(Names.layerNorm(name + "post_attention_layernorm"));
        }
        return block.build();
    }
}
