package dev.patchscopes.model.internal.family;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.patchscopes.model.internal.WeightMap.Block;
import dev.patchscopes.model.internal.WeightMap.Linear;
import dev.patchscopes.model.internal.WeightMap.Norm;
import java.util.Optional;

/**
 * Builds a block's parameters from the four affine maps every block has and the norms it may have.
 */
final class BlockBuilder {

    private final Linear queryKeyValue;
    private final Linear attentionOutput;
    private final Linear mlpIn;
    private final Linear mlpOut;
    private Optional<Norm> attentionNorm = Optional.empty();
    private Optional<Norm> mlpNorm = Optional.empty();
    private Optional<Norm> attentionOutputNorm = Optional.empty();
    private Optional<Norm> mlpOutputNorm = Optional.empty();
    private Optional<Norm> queryNorm = Optional.empty();
    private Optional<Norm> keyNorm = Optional.empty();

    BlockBuilder(Linear queryKeyValue, Linear attentionOutput, Linear mlpIn, Linear mlpOut) {
        this.queryKeyValue = queryKeyValue;
        this.attentionOutput = attentionOutput;
        this.mlpIn = mlpIn;
        this.mlpOut = mlpOut;
    }

    /**
     * The four maps under LLaMA's names, which many families took over.
     *
     * @param block the block's name with a final dot
     * @param queryKeyValueBias whether queries, keys and values have biases
     * @param outputBias whether attention's output projection has a bias
     * @param mlpBias whether the MLP's three maps have biases
     */
    static BlockBuilder gated(
            String block, boolean queryKeyValueBias, boolean outputBias, boolean mlpBias) {
        return new BlockBuilder(
                Names.stacked(
                        queryKeyValueBias,
                        block + "self_attn.q_proj",
                        block + "self_attn.k_proj",
                        block + "self_attn.v_proj"),
                Names.linear(block + "self_attn.o_proj", outputBias),
                Names.stacked(mlpBias, block + "mlp.gate_proj", block + "mlp.up_proj"),
                Names.linear(block + "mlp.down_proj", mlpBias));
    }

    @CanIgnoreReturnValue
    BlockBuilder attentionNorm(Norm norm) {
        attentionNorm = Optional.of(norm);
        return this;
    }

    @CanIgnoreReturnValue
    BlockBuilder mlpNorm(Norm norm) {
        mlpNorm = Optional.of(norm);
        return this;
    }

    @CanIgnoreReturnValue
    BlockBuilder outputNorms(Norm attention, Norm mlp) {
        attentionOutputNorm = Optional.of(attention);
        mlpOutputNorm = Optional.of(mlp);
        return this;
    }

    @CanIgnoreReturnValue
    BlockBuilder queryKeyNorms(Norm query, Norm key) {
        queryNorm = Optional.of(query);
        keyNorm = Optional.of(key);
        return this;
    }

    Block build() {
        return new Block(
                attentionNorm,
                mlpNorm,
                attentionOutputNorm,
                mlpOutputNorm,
                queryKeyValue,
                queryNorm,
                keyNorm,
                attentionOutput,
                mlpIn,
                mlpOut);
    }
}
