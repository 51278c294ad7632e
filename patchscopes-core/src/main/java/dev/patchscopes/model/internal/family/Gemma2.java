package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.AttentionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.InputNorms;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import dev.patchscopes.model.internal.ArchitectureSpec.UnembeddingSpec;
import dev.patchscopes.model.internal.WeightMap;
import java.util.OptionalInt;

/** Gemma 2: norms before and after each sub-block, capped scores and logits, alternate windows. */
final class Gemma2 implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(256000, 2304, 26, 8, OptionalInt.of(4), 8192);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("gemma2");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        refuseBidirectional(settings);
        Sizes sizes = Sizes.read(settings, DEFAULTS, OptionalInt.of(256));
        NormSpec norm = Norms.rmsAroundOne(settings.positive(1e-6, "rms_norm_eps"));
        ImmutableList<Boolean> sliding = Windows.sliding(settings, sizes, layer -> layer % 2 == 0);
        AttentionSpec attention =
                sizes.attention(
                        scales(settings, sizes),
                        Windows.where(
                                settings, sliding, Windows.width(settings, OptionalInt.of(4096))),
                        settings.positiveUnlessNull(50, "attn_logit_softcapping"),
                        QkNorm.NONE,
                        norm);
        ArchitectureSpec spec =
                Specs.of(
                        settings.modelType(),
                        sizes,
                        Gemma.embedding(sizes),
                        Rope.uniform(settings, sizes, 10_000, 1),
                        norm,
                        layout(),
                        attention,
                        mlp(settings),
                        new UnembeddingSpec(
                                true, settings.positiveUnlessNull(30, "final_logit_softcapping")));
        boolean bias = settings.flag(false, "attention_bias");
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .build(sizes.layers(), layer -> block(layer, bias).build());
        return new Architecture(spec, weights);
    }

    /** A norm before and one after each sub-block. */
    static BlockLayout layout() {
        return new BlockLayout(false, InputNorms.SEPARATE, true, false, false);
    }

    /** One over the root of a stated number, which need not be the width of a head. */
    static ImmutableList<Double> scales(Settings settings, Sizes sizes) {
        return sizes.everyBlock(1 / Math.sqrt(settings.positive(256, "query_pre_attn_scalar")));
    }

    static MlpSpec mlp(Settings settings) {
        return new MlpSpec(
                settings.size(9216, "intermediate_size"),
                settings.activation("gelu_pytorch_tanh", "hidden_activation"),
                true);
    }

    static BlockBuilder block(int layer, boolean bias) {
        String name = "layers." + layer + ".";
        return BlockBuilder.gated(name, bias, bias, false)
                .attentionNorm(Names.rmsNorm(name + "input_layernorm"))
                .mlpNorm(Names.rmsNorm(name + "pre_feedforward_layernorm"))
                .outputNorms(
                        Names.rmsNorm(name + "post_attention_layernorm"),
                        Names.rmsNorm(name + "post_feedforward_layernorm"));
    }

    /** Embedding models made from Gemma look ahead; this library's models do not. */
    static void refuseBidirectional(Settings settings) {
        if (settings.flag(false, "use_bidirectional_attention")) {
            throw settings.bad(
                    "use_bidirectional_attention", true, "is not supported: attention is causal");
        }
    }
}
