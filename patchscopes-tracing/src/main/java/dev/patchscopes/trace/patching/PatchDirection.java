package dev.patchscopes.trace.patching;

/** Which of the two runs gives the activation, and which is patched. */
public enum PatchDirection {
    /**
     * From the clean run into the corrupted one: what is enough to bring the clean answer back.
     * Causal tracing and most published maps are of this kind.
     */
    DENOISING,
    /** From the corrupted run into the clean one: what the clean answer cannot do without. */
    NOISING
}
