package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.Activation;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.EmbeddingSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.UnembeddingSpec;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalDouble;

/** BLOOM: ALiBi instead of positions, a norm on the embedding, queries, keys, values by head. */
final class Bloom implements Family {

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("bloom");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        int width = settings.size(64, "n_embed", "hidden_size");
        int heads = settings.count(8, "num_attention_heads", "n_head");
        Sizes sizes =
                new Sizes(
                        settings.count(2, "num_hidden_layers", "n_layer"),
                        width,
                        settings.size(250880, "vocab_size"),
                        settings.size(2048, "seq_length"),
                        heads,
                        heads,
                        Sizes.share(width, heads));
        boolean fromNormed = settings.flag(false, "apply_residual_connection_post_layernorm");
        ArchitectureSpec spec =
                Specs.of(
                        settings.modelType(),
                        sizes,
                        new EmbeddingSpec(width, 1, true),
                        new PositionSpec.Alibi(false, false),
                        Norms.layer(settings.positive(1e-5, "layer_norm_epsilon")),
                        new BlockLayout(false, InputNorms.SEPARATE, false, false, fromNormed),
                        sizes.attention(),
                        new MlpSpec(4 * width, Activation.GELU_BLOOM, false),
                        new UnembeddingSpec(true, OptionalDouble.empty()));
        ImmutableIntArray rows = Names.groupedRows(heads, 1, sizes.headWidth());
        WeightMap weights =
                new WeightMapBuilder("word_embeddings.weight", "transformer.", "")
                        .embeddingNorm(Names.layerNorm("word_embeddings_layernorm"))
                        .finalNorm(Names.layerNorm("ln_f"))
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .build(sizes.layers(), layer -> block(layer, rows));
        return new Architecture(spec, weights);
    }

    private static Block block(int layer, ImmutableIntArray rows) {
        String name = "h." + layer + ".";
        return new BlockBuilder(
                        Names.rows(name + "self_attention.query_key_value", rows, true),
                        Names.linear(name + "self_attention.dense", true),
                        Names.linear(name + "mlp.dense_h_to_4h", true),
                        Names.linear(name + "mlp.dense_4h_to_h", true))
                .attentionNorm(Names.layerNorm(name + "input_layernorm"))
                .mlpNorm(Names.layerNorm(name + "post_attention_layernorm"))
                .build();
    }
}
