package dev.patchscopes.trace;

import java.util.Locale;

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
    LOGIT_DIFFERENCE;

    /** {@return the name as results show it, such as {@code log probability}} */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** {@return what it is measured in, {@code nats}; empty for probabilities} */
    public String unit() {
        return this == PROBABILITY ? "" : "nats";
    }
}
