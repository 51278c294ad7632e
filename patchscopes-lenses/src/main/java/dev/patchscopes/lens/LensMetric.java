package dev.patchscopes.lens;

import dev.patchscopes.model.StateReadings;

/**
 * What an evaluation measures of a lens, averaged over states. Names say what is computed: three
 * different quantities go by "surprisal" in the literature.
 */
public enum LensMetric {
    /** Whether the lens's most probable token is the model's own, {@code precision@1}. */
    PRECISION_AT_1("P@1"),
    /** Whether the model's own most probable token is among the lens's five. */
    PRECISION_AT_5("P@5"),
    /** Whether the model's own most probable token is among the lens's ten. */
    PRECISION_AT_10("P@10"),
    /**
     * How little the model expects what the lens predicts, {@code -log p_model(argmax lens)}, in
     * nats: the surprisal of Ghandeharioun et al. (2024), section 4.1.
     */
    SURPRISAL_OF_LENS_PREDICTION("surprisal of lens prediction"),
    /**
     * How little the lens expects what the model predicts, {@code -log p_lens(argmax model)}, in
     * nats.
     */
    SURPRISAL_OF_MODEL_PREDICTION("surprisal of model prediction"),
    /**
     * How little the lens expects the token that follows in the text, {@code -log p_lens(next)}, in
     * nats: its cross-entropy. States of a text's last token do not count.
     */
    SURPRISAL_OF_NEXT_TOKEN("cross-entropy"),
    /** {@code KL(model || lens)} in nats. */
    KL_FROM_MODEL("KL"),
    /** Shannon entropy of the lens's distribution, in nats. */
    ENTROPY("entropy");

    private final String label;

    LensMetric(String label) {
        this.label = label;
    }

    /** {@return a short name for tables} */
    public String label() {
        return label;
    }

    /** Whether only states that a token follows count. */
    boolean needsNext() {
        return this == SURPRISAL_OF_NEXT_TOKEN;
    }

    double of(StateReadings readings, int state, int row) {
        return switch (this) {
            case PRECISION_AT_1 -> within(readings, state, row, 1);
            case PRECISION_AT_5 -> within(readings, state, row, 5);
            case PRECISION_AT_10 -> within(readings, state, row, 10);
            case SURPRISAL_OF_LENS_PREDICTION -> readings.surprisalUnderFinal(state, row);
            case SURPRISAL_OF_MODEL_PREDICTION ->
                    -readings.logProbabilityOfFinalPrediction(state, row);
            case SURPRISAL_OF_NEXT_TOKEN -> -readings.logProbabilityOfNext(state, row);
            case KL_FROM_MODEL -> readings.divergence(state, row);
            case ENTROPY -> readings.entropy(state, row);
        };
    }

    private static double within(StateReadings readings, int state, int row, int k) {
        return readings.rankOfFinalPrediction(state, row) < k ? 1 : 0;
    }
}
