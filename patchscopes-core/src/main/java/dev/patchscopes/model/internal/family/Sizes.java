package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.UnsupportedModelException;
import dev.patchscopes.model.internal.ArchitectureSpec.AttentionSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.NormKind;
import dev.patchscopes.model.internal.ArchitectureSpec.NormSpec;
import dev.patchscopes.model.internal.ArchitectureSpec.QkNorm;
import java.util.Collections;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The sizes of a model, checked against each other.
 *
 * @param layers number of blocks
 * @param width width of the stream
 * @param vocabulary number of tokens
 * @param context largest number of positions
 * @param heads query heads
 * @param keyValueHeads key and value heads
 * @param headWidth width of a head
 */
record Sizes(
        int layers,
        int width,
        int vocabulary,
        int context,
        int heads,
        int keyValueHeads,
        int headWidth) {

    /** Far above any real model: row orders of this length are built before weights are seen. */
    private static final int WIDEST = 1 << 20;

    private static final NormSpec NO_NORM = new NormSpec(NormKind.RMS, 0, 0);

    Sizes {
        if (heads % keyValueHeads != 0) {
            throw new UnsupportedModelException(
                    "config.json says num_key_value_heads = "
                            + keyValueHeads
                            + ", which does not divide num_attention_heads = "
                            + heads);
        }
        if ((long) heads * headWidth > WIDEST) {
            throw new UnsupportedModelException(
                    "config.json says num_attention_heads = "
                            + heads
                            + " of width "
                            + headWidth
                            + "; together they may be at most "
                            + WIDEST
                            + " wide");
        }
    }

    /**
     * Sizes a family falls back to.
     *
     * @param vocabulary {@code vocab_size}
     * @param width {@code hidden_size}
     * @param layers {@code num_hidden_layers}
     * @param heads {@code num_attention_heads}
     * @param keyValueHeads {@code num_key_value_heads} if the key is absent; empty: as many as
     *     heads
     * @param context {@code max_position_embeddings}
     */
    record Defaults(
            int vocabulary,
            int width,
            int layers,
            int heads,
            OptionalInt keyValueHeads,
            int context) {}

    /** Sizes under the names most families use, the head width being the width's even share. */
    static Sizes read(Settings settings, Defaults defaults) {
        return read(settings, defaults, OptionalInt.empty());
    }

    /** Sizes under the names most families use, with a default {@code head_dim}. */
    static Sizes read(Settings settings, Defaults defaults, OptionalInt headWidth) {
        int width = settings.size(defaults.width(), "hidden_size");
        int heads = settings.count(defaults.heads(), "num_attention_heads");
        int keyValueHeads =
                settings.mentions("num_key_value_heads")
                        ? settings.count(heads, "num_key_value_heads")
                        : defaults.keyValueHeads().orElse(heads);
        OptionalInt given = settings.size("head_dim");
        if (given.isEmpty() && !settings.mentions("head_dim")) {
            given = headWidth;
        }
        return new Sizes(
                settings.count(defaults.layers(), "num_hidden_layers"),
                width,
                settings.size(defaults.vocabulary(), "vocab_size"),
                settings.size(defaults.context(), "max_position_embeddings"),
                heads,
                keyValueHeads,
                given.isPresent() ? given.getAsInt() : share(width, heads));
    }

    /** The width of a head when the heads share the stream's width evenly. */
    static int share(int width, int heads) {
        if (width % heads != 0) {
            throw new UnsupportedModelException(
                    "config.json says num_attention_heads = "
                            + heads
                            + ", which does not divide the width "
                            + width
                            + " of the stream");
        }
        return width / heads;
    }

    /** The usual factor on query-key products, one over the root of the head width. */
    double usualScale() {
        return 1 / Math.sqrt(headWidth);
    }

    /** The same value for every block. */
    <T> ImmutableList<T> everyBlock(T value) {
        return ImmutableList.copyOf(Collections.nCopies(layers, value));
    }

    /** Full attention at the usual scale. */
    AttentionSpec attention() {
        return attention(everyBlock(0));
    }

    /** Attention at the usual scale, with a window a block. */
    AttentionSpec attention(ImmutableList<Integer> windows) {
        return attention(windows, QkNorm.NONE, NO_NORM);
    }

    /** Attention at the usual scale, with a window a block and normed queries and keys. */
    AttentionSpec attention(ImmutableList<Integer> windows, QkNorm qkNorm, NormSpec norm) {
        return attention(everyBlock(usualScale()), windows, OptionalDouble.empty(), qkNorm, norm);
    }

    /** Attention with everything stated. */
    AttentionSpec attention(
            ImmutableList<Double> scales,
            ImmutableList<Integer> windows,
            OptionalDouble softCap,
            QkNorm qkNorm,
            NormSpec norm) {
        return new AttentionSpec(
                heads, keyValueHeads, headWidth, scales, windows, softCap, qkNorm, norm);
    }

    /** Attention with one scale a block and nothing else unusual. */
    AttentionSpec attention(ImmutableList<Double> scales, ImmutableList<Integer> windows) {
        return attention(scales, windows, OptionalDouble.empty(), QkNorm.NONE, NO_NORM);
    }
}
