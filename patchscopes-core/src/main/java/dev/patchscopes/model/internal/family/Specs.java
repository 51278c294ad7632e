package dev.patchscopes.model.internal.family;

import dev.patchscopes.model.internal.ArchitectureSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.AttentionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.BlockLayout;
import dev.patchscopes.model.internal.ArchitectureSpec.EmbeddingSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.MlpSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec.Rotary;
import dev.patchscopes.model.internal.ArchitectureSpec.UnembeddingSpec;
import java.util.OptionalDouble;

/** Shorthand for the specification of a model. */
final class Specs {

    private Specs() {}

    /** A model whose tokens enter as they are and whose logits leave as they are. */
    static ArchitectureSpec plain(
            Settings settings,
            Sizes sizes,
            PositionSpec positions,
            NormSpec norm,
            BlockLayout layout,
            AttentionSpec attention,
            MlpSpec mlp) {
        return of(
                settings.modelType(),
                sizes,
                new EmbeddingSpec(sizes.width(), 1, false),
                positions,
                norm,
                layout,
                attention,
                mlp,
                new UnembeddingSpec(true, OptionalDouble.empty()));
    }

    /** A model with everything stated. */
    static ArchitectureSpec of(
            String modelType,
            Sizes sizes,
            EmbeddingSpec embedding,
            PositionSpec positions,
            NormSpec norm,
            BlockLayout layout,
            AttentionSpec attention,
            MlpSpec mlp,
            UnembeddingSpec unembedding) {
        return new ArchitectureSpec(
                modelType,
                sizes.layers(),
                sizes.width(),
                sizes.vocabulary(),
                positions instanceof Rotary rotary
                        ? Rope.reach(rotary, sizes.context())
                        : sizes.context(),
                embedding,
                positions,
                norm,
                layout,
                attention,
                mlp,
                unembedding);
    }

    /** The gated MLP under the keys most families use. */
    static MlpSpec gatedMlp(Settings settings, int width) {
        return new MlpSpec(
                settings.size(width, "intermediate_size"),
                settings.activation("silu", "hidden_act"),
                true);
    }
}
