package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.Activation;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.EmbeddingSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.UnembeddingSpec;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Gemma: scaled embeddings, RMS norms around one, a MLP gated by tanh GELU. */
final class Gemma implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(256000, 3072, 28, 16, OptionalInt.of(16), 8192);

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("gemma");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings settings = new Settings(config);
        Sizes sizes = Sizes.read(settings, DEFAULTS, OptionalInt.of(256));
        ArchitectureSpec spec =
                Specs.of(
                        settings.modelType(),
                        sizes,
                        embedding(sizes),
                        Rope.uniform(settings, sizes, 10_000, 1),
                        Norms.rmsAroundOne(settings.positive(1e-6, "rms_norm_eps")),
                        BlockLayout.sequential(),
                        sizes.attention(),
                        new MlpSpec(
                                settings.size(24576, "intermediate_size"),
                                activation(settings),
                                true),
                        new UnembeddingSpec(true, OptionalDouble.empty()));
        boolean bias = settings.flag(false, "attention_bias");
        WeightMap weights =
                new WeightMapBuilder("embed_tokens.weight", "model.", "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .build(sizes.layers(), layer -> block(layer, bias));
        return new Architecture(spec, weights);
    }

    /** Token vectors times the root of the width, as in every Gemma. */
    static EmbeddingSpec embedding(Sizes sizes) {
        return new EmbeddingSpec(sizes.width(), Math.sqrt(sizes.width()), false);
    }

    /**
     * The first Gemma files say {@code hidden_act: gelu} though the models were trained with the
     * tanh approximation; the newer key {@code hidden_activation} is meant as it stands.
     */
    private static Activation activation(Settings settings) {
        if (settings.has("hidden_activation")) {
            return settings.activation("gelu_pytorch_tanh", "hidden_activation");
        }
        Activation stated = settings.activation("gelu_pytorch_tanh", "hidden_act");
        return stated == Activation.GELU ? Activation.GELU_TANH : stated;
    }

    private static Block block(int layer, boolean bias) {
        String name = "layers." + layer + ".";
        return BlockBuilder.gated(name, bias, bias, false)
                .attentionNorm(Names.rmsNorm(name + "input_layernorm"))
                .mlpNorm(Names.rmsNorm(name + "post_attention_layernorm"))
                .build();
    }
}
