package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What distinguishes one decoder-only transformer from another, as data.
 *
 * <p>One block implementation reads this record; a family contributes a file that fills it from
 * {@code config.json}. Nothing else in the runtime asks which family it is running.
 *
 * @param modelType the checkpoint's {@code model_type}
 * @param layers number of blocks L
 * @param width width of the residual stream, {@code d_model}
 * @param vocabulary number of rows of the unembedding, {@code d_vocab}
 * @param contextLength largest number of positions the model was made for; positions beyond it are
 *     refused for learned positions and allowed for rotary and ALiBi ones only up to this number
 * @param embedding what happens between token ids and the first residual
 * @param positions how positions enter
 * @param norm the norm of the stream (inside the blocks and before the unembedding)
 * @param layout where norms stand and what reads what inside a block
 * @param attention the attention of every block
 * @param mlp the MLP of every block
 * @param unembedding what happens between the last residual and the logits
 */
public record ArchitectureSpec(
        String modelType,
        int layers,
        int width,
        int vocabulary,
        int contextLength,
        EmbeddingSpec embedding,
        PositionSpec positions,
        NormSpec norm,
        BlockLayout layout,
        AttentionSpec attention,
        MlpSpec mlp,
        UnembeddingSpec unembedding) {

    /**
     * From token ids to the first residual.
     *
     * @param width width of the token embedding; differs from the stream's only where the
     *     checkpoint projects it in (and out again before the unembedding)
     * @param scale factor on the token embedding (Gemma: the square root of the width)
     * @param normed whether a norm follows the embedding (BLOOM)
     */
    public record EmbeddingSpec(int width, double scale, boolean normed) {}

    /**
     * From the last residual to the logits.
     *
     * @param normed whether a final norm precedes the unembedding
     * @param softCap c of {@code c * tanh(logits / c)} on the logits
     */
    public record UnembeddingSpec(boolean normed, OptionalDouble softCap) {}

    /** Kinds of normalisation. */
    public enum NormKind {
        /** Subtract the mean, divide by the standard deviation. */
        LAYER,
        /** Divide by the root of the mean square. */
        RMS
    }

    /**
     * One kind of norm.
     *
     * @param kind the formula
     * @param epsilon added to the variance (or mean square)
     * @param weightOffset added to the stored weight before use (Gemma stores w and means 1 + w)
     */
    public record NormSpec(NormKind kind, double epsilon, double weightOffset) {}

    /** Which norms a block applies to the inputs of attention and MLP. */
    public enum InputNorms {
        /** None: the sub-blocks read the stream itself (OLMo2, post-norm OPT). */
        NONE,
        /** One norm whose output both read (GPT-J, Phi, Falcon-7B). */
        SHARED,
        /** One each. */
        SEPARATE
    }

    /**
     * Where norms stand and what reads what inside a block.
     *
     * @param parallel attention and MLP both read the block's input
     * @param inputNorms norms on the inputs of attention and MLP
     * @param outputNorms norms on what attention and MLP add to the stream (Gemma 2 and 3, OLMo2)
     * @param streamNorms norms on the stream itself after each addition (post-norm OPT)
     * @param residualFromNormed the stream continues from the normed input (BLOOM's {@code
     *     apply_residual_connection_post_layernorm})
     */
    public record BlockLayout(
            boolean parallel,
            InputNorms inputNorms,
            boolean outputNorms,
            boolean streamNorms,
            boolean residualFromNormed) {

        /**
         * {@return the usual block: attention then MLP, each reading the stream through its own
         * norm}
         */
        public static BlockLayout sequential() {
            return new BlockLayout(false, InputNorms.SEPARATE, false, false, false);
        }

        /**
         * A parallel block.
         *
         * @param inputNorms one shared norm or one each
         * @return the layout
         */
        public static BlockLayout parallel(InputNorms inputNorms) {
            return new BlockLayout(true, inputNorms, false, false, false);
        }
    }

    /** Extent of the norm on queries and keys. */
    public enum QkNorm {
        /** No such norm. */
        NONE,
        /**
         * Over each head's {@code d_head} values; weights shared by the heads or one set a head.
         */
        PER_HEAD,
        /** Over the whole projection, before it is cut into heads (OLMo2). */
        WHOLE
    }

    /**
     * Attention.
     *
     * @param heads query heads H
     * @param keyValueHeads key and value heads; divides {@code heads}
     * @param headWidth {@code d_head}
     * @param scales per block, the factor on query-key products
     * @param windows per block, how many positions back a query sees, itself included; 0 is all
     * @param softCap c of {@code c * tanh(scores / c)} on the scaled scores
     * @param qkNorm norm on queries and keys, before rotation
     * @param qkNormSpec its formula; ignored for {@link QkNorm#NONE}
     */
    public record AttentionSpec(
            int heads,
            int keyValueHeads,
            int headWidth,
            ImmutableList<Double> scales,
            ImmutableList<Integer> windows,
            OptionalDouble softCap,
            QkNorm qkNorm,
            NormSpec qkNormSpec) {}

    /** Activation functions of the MLP. */
    public enum Activation {
        /** x Phi(x), by the error function. */
        GELU,
        /** The tanh approximation of GELU ({@code gelu_new}, {@code gelu_pytorch_tanh}). */
        GELU_TANH,
        /** The same with the square root of 2 / pi cut to ten digits ({@code gelu_fast}). */
        GELU_FAST,
        /** The same with it cut to eight digits (BLOOM). */
        GELU_BLOOM,
        /** x sigmoid(1.702 x). */
        QUICK_GELU,
        /** x sigmoid(x). */
        SILU,
        /** max(x, 0). */
        RELU
    }

    /**
     * MLP.
     *
     * @param width neurons, {@code d_mlp}
     * @param activation activation function
     * @param gated whether act(gate) * up replaces act(in)
     */
    public record MlpSpec(int width, Activation activation, boolean gated) {}

    /** How positions enter the model. */
    public sealed interface PositionSpec {

        /**
         * A learned vector a position, added to the embedding.
         *
         * @param offset row of position 0 in the table (OPT: 2)
         */
        record Learned(int offset) implements PositionSpec {}

        /**
         * Rotation of queries and keys.
         *
         * @param dims leading dimensions of a head that are rotated; even
         * @param interleaved pairs are (0,1), (2,3), ... (GPT-J) instead of (0, dims/2), ...
         * @param float32Tables cosines and sines are float32 whatever the compute type, as the
         *     reference implementation of the family has them (GPT-J)
         * @param variants the distinct frequency tables
         * @param variantOfBlock per block, its index in {@code variants}
         */
        record Rotary(
                int dims,
                boolean interleaved,
                boolean float32Tables,
                ImmutableList<RotaryVariant> variants,
                ImmutableList<Integer> variantOfBlock)
                implements PositionSpec {}

        /**
         * A penalty linear in the key's position on the scores.
         *
         * @param scaled the bias is multiplied by the attention scale too (Falcon)
         * @param bfloat16 slopes, positions and their product are rounded to bfloat16, as the
         *     reference implementation of the family does (Falcon)
         */
        record Alibi(boolean scaled, boolean bfloat16) implements PositionSpec {}
    }

    /**
     * One table of rotary frequencies.
     *
     * @param base theta
     * @param scaling how the frequencies are stretched for long contexts
     */
    public record RotaryVariant(double base, RotaryScaling scaling) {}

    /** Stretching of rotary frequencies; the formulas stand in {@link RotaryFrequencies}. */
    public sealed interface RotaryScaling {

        /** None. */
        record None() implements RotaryScaling {}

        /**
         * Positions divided by a factor.
         *
         * @param factor the divisor
         */
        record Linear(double factor) implements RotaryScaling {}

        /**
         * Dynamic NTK: the base grows with the sequence once it passes the trained length.
         *
         * @param factor growth factor
         * @param trainedLength {@code max_position_embeddings}
         */
        record Dynamic(double factor, int trainedLength) implements RotaryScaling {}

        /**
         * LLaMA 3: low frequencies divided, high kept, a ramp between.
         *
         * @param factor divisor of the low frequencies
         * @param lowFrequencyFactor bound of the low band
         * @param highFrequencyFactor bound of the high band
         * @param trainedLength {@code original_max_position_embeddings}
         */
        record Llama3(
                double factor,
                double lowFrequencyFactor,
                double highFrequencyFactor,
                int trainedLength)
                implements RotaryScaling {}

        /**
         * YaRN.
         *
         * @param factor extension factor
         * @param betaFast bound of the extrapolated band, in rotations
         * @param betaSlow bound of the interpolated band, in rotations
         * @param trainedLength {@code original_max_position_embeddings}
         * @param attentionFactor factor on cosines and sines
         * @param truncate whether the band's ends are rounded to whole dimensions
         */
        record Yarn(
                double factor,
                double betaFast,
                double betaSlow,
                int trainedLength,
                double attentionFactor,
                boolean truncate)
                implements RotaryScaling {}

        /**
         * LongRoPE: one divisor a dimension pair, another set once the sequence is long.
         *
         * @param shortFactors divisors up to {@code trainedLength}; dims / 2 values
         * @param longFactors divisors beyond it
         * @param trainedLength {@code original_max_position_embeddings}
         * @param attentionFactor factor on cosines and sines
         */
        record LongRope(
                ImmutableList<Double> shortFactors,
                ImmutableList<Double> longFactors,
                int trainedLength,
                double attentionFactor)
                implements RotaryScaling {}
    }

    /** {@return rotary positions, if that is how positions enter} */
    public Optional<PositionSpec.Rotary> rotary() {
        return positions instanceof PositionSpec.Rotary r ? Optional.of(r) : Optional.empty();
    }

    /** {@return aLiBi, if that is how positions enter} */
    public Optional<PositionSpec.Alibi> alibi() {
        return positions instanceof PositionSpec.Alibi a ? Optional.of(a) : Optional.empty();
    }

    /** {@return rows of the query projection, {@code heads * d_head}} */
    public int queryWidth() {
        return attention.heads() * attention.headWidth();
    }

    /** {@return rows of the key (or value) projection, {@code kv_heads * d_head}} */
    public int keyValueWidth() {
        return attention.keyValueHeads() * attention.headWidth();
    }
}
