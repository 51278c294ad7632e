package dev.patchscopes.model;

import ai.djl.ndarray.NDArray;

/**
 * A number computed from the logits of the last tokens, to take gradients of. Over several prompts
 * it is the sum.
 */
@FunctionalInterface
public interface Metric {

    /**
     * Computes the metric.
     *
     * @param logits [batch, d_vocab]
     * @return a tensor of one value
     */
    NDArray apply(NDArray logits);

    /**
     * The logit of a token.
     *
     * @param token token id
     * @return the metric
     */
    static Metric logit(int token) {
        return (KnownMetric) logits -> column(logits, token).sum();
    }

    /**
     * The log-probability of a token, in nats.
     *
     * @param token token id
     * @return the metric
     */
    static Metric logProbability(int token) {
        return (KnownMetric) logits -> column(logits.logSoftmax(1), token).sum();
    }

    /**
     * The probability of a token.
     *
     * @param token token id
     * @return the metric
     */
    static Metric probability(int token) {
        return (KnownMetric) logits -> column(logits.softmax(1), token).sum();
    }

    /**
     * The logit of one token minus that of another.
     *
     * @param token token id
     * @param other token id
     * @return the metric
     */
    static Metric logitDifference(int token, int other) {
        return (KnownMetric) logits -> column(logits, token).sub(column(logits, other)).sum();
    }

    private static NDArray column(NDArray logits, int token) {
        if (token < 0 || token >= logits.getShape().get(1)) {
            throw new OutOfRangeException(
                    "token id %d is not in 0..%d, the vocabulary"
                            .formatted(token, logits.getShape().get(1) - 1));
        }
        return logits.get(":,{}", (long) token);
    }
}
