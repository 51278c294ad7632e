package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.patchscopes.model.internal.WeightMap;
import dev.patchscopes.model.internal.WeightMap.Block;
import dev.patchscopes.model.internal.WeightMap.Linear;
import dev.patchscopes.model.internal.WeightMap.Norm;
import dev.patchscopes.model.internal.WeightMap.Parts;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Builds a {@link WeightMap} from what a family's checkpoints actually have. */
final class WeightMapBuilder {

    /**
     * Buffers that older checkpoints of several families carry beside their parameters: the causal
     * mask, the value that masks, tables of rotary angles.
     */
    private static final Pattern BUFFERS =
            Pattern.compile(
                    "(.*\\.)?(attn|attention)\\.(masked_)?bias"
                            + "|(.*\\.)?rotary_emb\\.(inv_freq|cos_cached|sin_cached)"
                            + "|(.*\\.)?attn\\.embed_positions");

    private final ImmutableList<String> prefixes;
    private final Parts embedding;
    private final ImmutableSet.Builder<String> unprefixed = ImmutableSet.builder();
    private Optional<Parts> positions = Optional.empty();
    private Optional<Norm> embeddingNorm = Optional.empty();
    private Optional<Linear> projectIn = Optional.empty();
    private Optional<Linear> projectOut = Optional.empty();
    private Optional<Norm> finalNorm = Optional.empty();
    private Linear unembedding;
    private Predicate<String> ignored = name -> BUFFERS.matcher(name).matches();

    /**
     * Starts a map.
     *
     * @param embedding name of the token table
     * @param prefixes prefixes the names may carry, the canonical one first
     */
    WeightMapBuilder(String embedding, String... prefixes) {
        this.embedding = Parts.of(embedding);
        this.prefixes = ImmutableList.copyOf(prefixes);
        this.unembedding = new Linear(this.embedding, Optional.empty());
    }

    @CanIgnoreReturnValue
    WeightMapBuilder positions(String name) {
        positions = Optional.of(Parts.of(name));
        return this;
    }

    @CanIgnoreReturnValue
    WeightMapBuilder embeddingNorm(Norm norm) {
        embeddingNorm = Optional.of(norm);
        return this;
    }

    @CanIgnoreReturnValue
    WeightMapBuilder projections(Linear in, Linear out) {
        projectIn = Optional.of(in);
        projectOut = Optional.of(out);
        return this;
    }

    @CanIgnoreReturnValue
    WeightMapBuilder finalNorm(Norm norm) {
        finalNorm = Optional.of(norm);
        return this;
    }

    /**
     * States the unembedding.
     *
     * @param stem its name, which never carries a prefix
     * @param tied whether its weight is the token table; a stored copy is then left unread
     * @param bias whether it has a bias
     */
    @CanIgnoreReturnValue
    WeightMapBuilder head(String stem, boolean tied, boolean bias) {
        String weight = stem + ".weight";
        Optional<Parts> biasParts = Optional.empty();
        if (bias) {
            unprefixed.add(stem + ".bias");
            biasParts = Optional.of(Parts.of(stem + ".bias"));
        }
        if (tied) {
            ignore(name -> name.equals(weight) || name.endsWith("." + weight));
        } else {
            unprefixed.add(weight);
        }
        unembedding = new Linear(tied ? embedding : Parts.of(weight), biasParts);
        return this;
    }

    /** Leaves further stored names unread. */
    @CanIgnoreReturnValue
    WeightMapBuilder ignore(Predicate<String> more) {
        ignored = ignored.or(more);
        return this;
    }

    /** The map, with the parameters of each block. */
    WeightMap build(int layers, IntFunction<Block> block) {
        return new WeightMap(
                prefixes,
                unprefixed.build().asList(),
                embedding,
                positions,
                embeddingNorm,
                projectIn,
                projectOut,
                finalNorm,
                unembedding,
                IntStream.range(0, layers).mapToObj(block).collect(ImmutableList.toImmutableList()),
                ignored);
    }
}
