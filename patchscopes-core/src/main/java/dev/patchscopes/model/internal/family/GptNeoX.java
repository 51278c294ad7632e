package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalInt;

/** GPT-NeoX and Pythia: parallel blocks with two LayerNorms, queries, keys, values head by head. */
final class GptNeoX implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(50432, 6144, 44, 64, OptionalInt.empty(), 2048);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("gpt_neox");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        Sizes sizes = Sizes.read(settings, DEFAULTS);
        boolean parallel = settings.flag(true, "use_parallel_residual");
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        Rope.uniform(settings, sizes, 10_000, 0.25),
                        Norms.layer(settings.positive(1e-5, "layer_norm_eps")),
                        parallel
                                ? BlockLayout.parallel(InputNorms.SEPARATE)
                                : BlockLayout.sequential(),
                        sizes.attention(),
                        new MlpSpec(
                                settings.size(24576, "intermediate_size"),
                                settings.activation("gelu", "hidden_act"),
                                false));
        boolean bias = settings.flag(true, "attention_bias");
        ImmutableIntArray rows = Names.groupedRows(sizes.heads(), 1, sizes.headWidth());
        WeightMap weights =
                new WeightMapBuilder("embed_in.weight", "gpt_neox.", "")
                        .finalNorm(Names.layerNorm("final_layer_norm"))
                        .head("embed_out", settings.flag(false, "tie_word_embeddings"), false)
                        .build(sizes.layers(), layer -> block(layer, rows, bias));
        return new Architecture(spec, weights);
    }

    private static Block block(int layer, ImmutableIntArray rows, boolean bias) {
        String name = "layers." + layer + ".";
        return new BlockBuilder(
                        Names.rows(name + "attention.query_key_value", rows, bias),
                        Names.linear(name + "attention.dense", bias),
                        Names.linear(name + "mlp.dense_h_to_4h", true),
                        Names.linear(name + "mlp.dense_4h_to_h", true))
                .attentionNorm(Names.layerNorm(name + "input_layernorm"))
                .mlpNorm(Names.layerNorm(name + "post_attention_layernorm"))
                .build();
    }
}
