package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Gradients;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.MemoryAdvice;
import dev.patchscopes.model.Metric;
import dev.patchscopes.model.TensorHook;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.List;

/**
 * KL(model || patched soft prompt), and its derivative with respect to the prompt's vectors.
 *
 * <p>A case is a prompt of its own: placeholders and the true tokens up to what is predicted, so
 * that the last token's logits are those that count.
 */
final class SoftPromptLoss {
    private final HookedModel model;
    private final int layer;

    SoftPromptLoss(HookedModel model, int layer) {
        this.model = model;
        this.layer = layer;
    }

    /**
     * A prediction that is trained.
     *
     * @param state h_l at t [d_model]
     * @param given tokens at t + 1 .. t + N
     * @param last h_L at t + N [d_model], from which the model itself predicts
     */
    record Case(ImmutableDoubleArray state, ImmutableIntArray given, ImmutableDoubleArray last) {}

    /**
     * The loss of some cases.
     *
     * @param value mean over cases, in nats
     * @param gradient derivative with respect to the vectors [pos, d_model], row after row
     */
    record Outcome(double value, ImmutableDoubleArray gradient) {}

    Outcome of(Matrix embeddings, List<Case> cases) {
        return MemoryAdvice.of(
                        () ->
                                "the loss of a soft prompt of %s in %d cases"
                                        .formatted(model.name(), cases.size()),
                        "lower batch(...), predict fewer tokens ahead")
                .get(() -> compute(embeddings, cases));
    }

    private Outcome compute(Matrix embeddings, List<Case> cases) {
        int length = embeddings.rows();
        TokenBatch batch = TokenBatch.of(cases.stream().map(c -> prompt(length, c)).toList());
        try (NDManager kept = NDManager.newBaseManager(model.device(), "PyTorch")) {
            Target target = new Target(kept, cases);
            Gradients gradients =
                    model.run(batch)
                            .intervene(
                                    Intervention.replace(
                                            HookPoint.embed(),
                                            Positions.range(0, length),
                                            embeddings.values()),
                                    Intervention.custom(
                                            HookPoint.residual(layer),
                                            patch(kept, batch, length - 1, cases)))
                            .gradients(target, HookPoint.embed());
            return new Outcome(
                    gradients.value() + target.constant,
                    summed(gradients.of(HookPoint.embed()), embeddings));
        }
    }

    private static TokenizedPrompt prompt(int length, Case one) {
        return TokenizedPrompt.ofIds(
                ImmutableIntArray.builder().addAll(new int[length]).addAll(one.given).build());
    }

    /** Writes each case's state at a position, with tensors that outlive the run. */
    private TensorHook patch(NDManager kept, TokenBatch batch, int position, List<Case> cases) {
        int columns = batch.columns();
        int width = model.width();
        double[] keep = new double[cases.size() * columns];
        double[] states = new double[cases.size() * columns * width];
        Arrays.fill(keep, 1);
        for (int row = 0; row < cases.size(); row++) {
            int at = row * columns + batch.column(row, position);
            keep[at] = 0;
            System.arraycopy(cases.get(row).state.toArray(), 0, states, at * width, width);
        }
        DataType type = model.computeType().dataType();
        NDArray mask = kept.create(keep, new Shape(cases.size(), columns, 1)).toType(type, false);
        NDArray written =
                kept.create(states, new Shape(cases.size(), columns, width)).toType(type, false);
        return (value, context) -> {
            try (NDArray kepts = value.mul(mask)) { // [batch, pos, d_model]
                return kepts.add(written);
            }
        };
    }

    /** Over cases, which share the vectors. */
    private static ImmutableDoubleArray summed(Activation gradient, Matrix embeddings) {
        double[] sum = new double[embeddings.rows() * embeddings.columns()];
        for (int row = 0; row < gradient.rows(); row++) {
            double[] own = gradient.doubles(row); // [pos, d_model]
            for (int i = 0; i < sum.length; i++) {
                sum[i] += own[i];
            }
        }
        return ImmutableDoubleArray.copyOf(sum);
    }

    /** Cross-entropy against the model's own distributions; their entropy is a constant. */
    private final class Target implements Metric {
        private final NDArray weights; // [batch, d_vocab], -p / batch
        private final double constant; // mean of sum p log p

        Target(NDManager kept, List<Case> cases) {
            int vocabulary = model.vocabularySize();
            double[] values = new double[cases.size() * vocabulary];
            double sum = 0;
            for (int row = 0; row < cases.size(); row++) {
                TokenDistribution own = model.unembed(cases.get(row).last.toArray());
                for (int id = 0; id < vocabulary; id++) {
                    values[row * vocabulary + id] = -own.probability(id) / cases.size();
                }
                sum -= own.entropy();
            }
            this.constant = sum / cases.size();
            this.weights =
                    kept.create(values, new Shape(cases.size(), vocabulary))
                            .toType(model.computeType().dataType(), false);
        }

        @Override
        public NDArray apply(NDArray logits) {
            return logits.logSoftmax(1).mul(weights).sum();
        }
    }
}
