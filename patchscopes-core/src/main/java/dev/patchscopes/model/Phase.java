package dev.patchscopes.model;

/**
 * When an intervention applies during generation. Positions are absolute token indices in every
 * phase.
 */
public enum Phase {
    /** While the prompt is read: the patch is applied once, and generation runs on what it left. */
    PREFILL,
    /** While new tokens are read back one at a time. */
    DECODE,
    /** Always. */
    ALL;

    /**
     * Tells whether an intervention of this phase applies.
     *
     * @param decoding whether new tokens are being read back
     * @return true if it applies
     */
    public boolean covers(boolean decoding) {
        return this == ALL || (this == DECODE) == decoding;
    }
}
