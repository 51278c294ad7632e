package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Where each parameter of the one architecture lies in a checkpoint.
 *
 * <p>A family states it as data: which tensors, in which row order, make up each parameter. The
 * loader does the reading. Names are the checkpoint's, with the first of {@code prefixes}; some
 * published checkpoints lack that prefix, so the loader tries the others in turn.
 *
 * @param prefixes prefixes that a checkpoint's names may carry, the canonical one first; the
 *     parameters below are written without prefix, except those named in {@code unprefixed}
 * @param unprefixed names that never carry the prefix ({@code lm_head.weight})
 * @param embedding token table [vocabulary, embedding width]
 * @param positions learned positions [positions, width]
 * @param embeddingNorm norm after the embedding
 * @param projectIn embedding width to stream width
 * @param projectOut stream width to embedding width
 * @param finalNorm norm before the unembedding
 * @param unembedding weight [vocabulary, embedding width] and bias; the weight's parts equal {@code
 *     embedding}'s when the two are tied
 * @param blocks the blocks' parameters in order
 * @param ignored accepts a stored name that is no parameter (masks and tables some checkpoints
 *     carry); anything else left unread is an error
 */
public record WeightMap(
        ImmutableList<String> prefixes,
        ImmutableList<String> unprefixed,
        Parts embedding,
        Optional<Parts> positions,
        Optional<Norm> embeddingNorm,
        Optional<Linear> projectIn,
        Optional<Linear> projectOut,
        Optional<Norm> finalNorm,
        Linear unembedding,
        ImmutableList<Block> blocks,
        Predicate<String> ignored) {

    /** {@return whether the unembedding's weight is the token table} */
    public boolean tied() {
        return unembedding.weight().equals(embedding);
    }

    /**
     * A piece of a parameter: all rows of a stored tensor, or some in a given order.
     *
     * @param tensor stored name
     * @param rows row indices in order; empty means all. Rows of a vector are its entries
     * @param transposed the tensor is stored [in, out] (GPT-2's Conv1D); never with {@code rows}
     */
    public record Part(String tensor, ImmutableIntArray rows, boolean transposed) {

        /**
         * All of a tensor.
         *
         * @param tensor stored name
         * @return the piece or parameter
         */
        public static Part of(String tensor) {
            return new Part(tensor, ImmutableIntArray.of(), false);
        }

        /**
         * Some rows of a tensor.
         *
         * @param tensor stored name
         * @param rows row indices in order
         * @return the piece or parameter
         */
        public static Part rows(String tensor, ImmutableIntArray rows) {
            return new Part(tensor, rows, false);
        }

        /**
         * A tensor stored [in, out].
         *
         * @param tensor stored name
         * @return the piece or parameter
         */
        public static Part transposed(String tensor) {
            return new Part(tensor, ImmutableIntArray.of(), true);
        }
    }

    /**
     * A parameter: its parts, stacked along the rows.
     *
     * @param parts at least one
     */
    public record Parts(ImmutableList<Part> parts) {

        /**
         * A parameter made of whole tensors stacked along the rows.
         *
         * @param tensors stored names
         * @return the piece or parameter
         */
        public static Parts of(String... tensors) {
            return new Parts(
                    List.of(tensors).stream()
                            .map(Part::of)
                            .collect(ImmutableList.toImmutableList()));
        }
    }

    /**
     * An affine map, weight [out, in].
     *
     * @param weight weight
     * @param bias bias [out]
     */
    public record Linear(Parts weight, Optional<Parts> bias) {}

    /**
     * A norm.
     *
     * @param weight weight; for a norm on heads either [d_head] or one row a head [heads, d_head]
     * @param bias bias, same shape
     */
    public record Norm(Parts weight, Optional<Parts> bias) {}

    /**
     * The parameters of a block.
     *
     * @param attentionNorm norm on the input of attention (shared: of both); with stream norms, the
     *     norm after attention is added
     * @param mlpNorm norm on the input of the MLP; with stream norms, the norm after it is added
     * @param attentionOutputNorm norm on what attention adds
     * @param mlpOutputNorm norm on what the MLP adds
     * @param queryKeyValue queries, keys, values stacked in this order; each head's rows together
     * @param queryNorm norm on queries
     * @param keyNorm norm on keys
     * @param attentionOutput output projection
     * @param mlpIn input projection; gated: gate rows, then up rows
     * @param mlpOut output projection
     */
    public record Block(
            Optional<Norm> attentionNorm,
            Optional<Norm> mlpNorm,
            Optional<Norm> attentionOutputNorm,
            Optional<Norm> mlpOutputNorm,
            Linear queryKeyValue,
            Optional<Norm> queryNorm,
            Optional<Norm> keyNorm,
            Linear attentionOutput,
            Linear mlpIn,
            Linear mlpOut) {}
}
