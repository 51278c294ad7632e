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
import dev.patchscopes.model.internal.WeightMap.Norm;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** StableLM 2: LayerNorms and partly rotated heads in LLaMA's frame, sequential or parallel. */
final class StableLm implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(50304, 2560, 32, 32, OptionalInt.of(32), 4096);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("stablelm");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        Sizes sizes = Sizes.read(settings, DEFAULTS);
        NormSpec norm = Norms.layer(settings.positive(1e-5, "layer_norm_eps"));
        boolean parallel = settings.flag(false, "use_parallel_residual");
        boolean qkNorm = settings.flag(false, "qk_layernorm");
        ArchitectureSpec spec =
                Specs.plain(
                        settings,
                        sizes,
                        Rope.uniform(settings, sizes, 10_000, 0.25),
                        norm,
                        parallel
                                ? BlockLayout.parallel(InputNorms.SHARED)
                                : BlockLayout.sequential(),
                        qkNorm
                                ? sizes.attention(sizes.everyBlock(0), QkNorm.PER_HEAD, norm)
                                : sizes.attention(),
                        Specs.gatedMlp(settings, 6912));
        boolean bias = settings.flag(false, "use_qkv_bias");
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.layerNorm("norm"))
                        .head("lm_head", settings.flag(false, "tie_word_embeddings"), false)
                        .build(
                                sizes.layers(),
                                layer -> block(layer, sizes, bias, parallel, qkNorm));
        return new Architecture(spec, weights);
    }

    private static Block block(
            int layer, Sizes sizes, boolean bias, boolean parallel, boolean qkNorm) {
        String name = "layers." + layer + ".";
        BlockBuilder block =
                BlockBuilder.gated(name, bias, false, false)
                        .attentionNorm(Names.layerNorm(name + "input_layernorm"));
        if (!parallel) {
            block.mlpNorm(Names.layerNorm(name + "post_attention_layernorm"));
        }
        if (qkNorm) {
            block.queryKeyNorms(
                    headNorms(name + "self_attn.q_layernorm", sizes.heads()),
                    headNorms(name + "self_attn.k_layernorm", sizes.keyValueHeads()));
        }
        return block.build();
    }

    /** Each head has its own weights, stored as tensors of their own. */
    private static Norm headNorms(String stem, int heads) {
        return Names.rmsNorm(
                IntStream.range(0, heads)
                        .mapToObj(head -> stem + ".norms." + head)
                        .toArray(String[]::new));
    }
}
