package dev.patchscopes.model.golden;

/** A kind of golden case: a column of the table of deviations. */
enum Kind {
    /** Logits of whole prompts against float64 references. */
    LOGITS_F64("logits f64"),
    /** Logits of whole prompts. */
    LOGITS("logits"),
    /** Residuals and hidden states. */
    RESIDUAL("resid"),
    /** Attention patterns, cut edges included. */
    PATTERN("attn"),
    /** Outputs of the projections of attention and MLP. */
    PROJECTION("proj"),
    /** Logits of padded batches. */
    PADDED("pad"),
    /** Logits of every step of a generation. */
    GENERATION("gen"),
    /** Logits after a given vector was written. */
    REPLACE("replace"),
    /** Logits after another prompt's vector was written. */
    PATCH("patch"),
    /** Logits with attention edges cut. */
    KNOCKOUT("knock"),
    /** Probabilities of causal tracing. */
    TRACE("trace"),
    /** Jacobians against float64 references. */
    JACOBIAN_F64("J f64"),
    /** Jacobians. */
    JACOBIAN("J"),
    /** Logits with weights stored in 16 bits. */
    ROUNDED("16-bit");

    private final String label;

    Kind(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }
}
