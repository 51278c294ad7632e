package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.AttentionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.EmbeddingSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec.Rotary;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryScaling;
import dev.patchscopes.model.internal.ArchitectureSpec.RotaryVariant;
import dev.patchscopes.model.internal.ArchitectureSpec.UnembeddingSpec;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Gemma 3: Gemma 2 without caps, with norms on queries and keys, and another rotary base in the
 * blocks that slide. Files of the models that also see pictures nest the language model.
 */
final class Gemma3 implements Family {

    private static final Sizes.Defaults DEFAULTS =
            new Sizes.Defaults(262208, 2304, 26, 8, OptionalInt.of(4), 131072);

    private static final Pattern VISION =
            Pattern.compile("(model\\.)?(vision_tower|multi_modal_projector)\\..*");

    @Override
    public ImmutableSet<String> modelTypes() {
        return ImmutableSet.of("gemma3_text", "gemma3");
    }

    @Override
    public Architecture describe(ModelConfig config) {
        Settings outer = new Settings(config);
        Settings settings = outer.object("text_config").orElse(outer);
        Gemma2.refuseBidirectional(settings);
        Sizes sizes = Sizes.read(settings, DEFAULTS, OptionalInt.of(256));
        NormSpec norm = Norms.rmsAroundOne(settings.positive(1e-6, "rms_norm_eps"));
        int period = settings.count(6, "sliding_window_pattern", "_sliding_window_pattern");
        ImmutableList<Boolean> sliding =
                Windows.sliding(settings, sizes, layer -> (layer + 1) % period != 0);
        AttentionSpec attention =
                sizes.attention(
                        Gemma2.scales(settings, sizes),
                        Windows.where(
                                settings, sliding, Windows.width(settings, OptionalInt.of(4096))),
                        settings.positive("attn_logit_softcapping"),
                        QkNorm.PER_HEAD,
                        norm);
        ArchitectureSpec spec =
                Specs.of(
                        outer.modelType(),
                        sizes,
                        embedding(sizes),
                        rotary(settings, sizes, sliding),
                        norm,
                        Gemma2.layout(),
                        attention,
                        Gemma2.mlp(settings),
                        new UnembeddingSpec(true, settings.positive("final_logit_softcapping")));
        boolean bias = settings.flag(false, "attention_bias");
        WeightMap weights =
                new WeightMapBuilder(
                                "embed_tokens.weight",
                                "model.",
                                "language_model.model.",
                                "model.language_model.",
                                "")
                        .finalNorm(Names.rmsNorm("norm"))
                        .head("lm_head", settings.flag(true, "tie_word_embeddings"), false)
                        .ignore(name -> VISION.matcher(name).matches())
                        .build(sizes.layers(), layer -> block(layer, bias));
        return new Architecture(spec, weights);
    }

    /** Two tables: blocks that see everything use the first, blocks that slide the second. */
    private static Rotary rotary(Settings settings, Sizes sizes, ImmutableList<Boolean> sliding) {
        Optional<Settings> parameters = settings.object("rope_parameters");
        Optional<Settings> full = parameters.flatMap(p -> p.object("full_attention"));
        Optional<Settings> local = parameters.flatMap(p -> p.object("sliding_attention"));
        int dims = sizes.headWidth();
        Rope.check(settings, sizes, dims);
        RotaryVariant everywhere =
                Rope.variant(
                        settings,
                        full.orElse(settings).positive(1_000_000, "rope_theta"),
                        full,
                        sizes,
                        dims);
        // The top level's rope_scaling is for the other table only.
        RotaryVariant nearby =
                local.map(
                                p ->
                                        Rope.variant(
                                                settings,
                                                p.positive(10_000, "rope_theta"),
                                                local,
                                                sizes,
                                                dims))
                        .orElseGet(
                                () ->
                                        new RotaryVariant(
                                                settings.positive(10_000, "rope_local_base_freq"),
                                                new RotaryScaling.None()));
        return new Rotary(
                dims,
                false,
                false,
                ImmutableList.of(everywhere, nearby),
                sliding.stream()
                        .map(slides -> slides ? 1 : 0)
                        .collect(ImmutableList.toImmutableList()));
    }

    /** The factor is stored in float32, where the earlier Gemmas compute it. */
    private static EmbeddingSpec embedding(Sizes sizes) {
        return new EmbeddingSpec(sizes.width(), (float) Math.sqrt(sizes.width()), false);
    }

    private static Block block(int layer, boolean bias) {
        String name = "layers." + layer + ".self_attn.";
        return Gemma2.block(layer, bias)
                .queryKeyNorms(Names.rmsNorm(name + "q_norm"), Names.rmsNorm(name + "k_norm"))
                .build();
    }
}
