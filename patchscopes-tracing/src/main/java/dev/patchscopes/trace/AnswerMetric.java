package dev.patchscopes.trace;

/** What is measured of the answer in each cell. */
public enum AnswerMetric {
    /** The probability of the answer, 0 to 1: of several tokens the product. */
    PROBABILITY,
    /** The natural logarithm of the same. */
    LOG_PROBABILITY,
    /**
     * The logit of the answer's token minus that of another, which Zhang &amp; Nanda (2024)
     * recommend: it does not saturate, and shows what speaks against the answer too.
     */
    LOGIT_DIFFERENCE
}
