package dev.patchscopes.model;

/** The meaning of one dimension of an activation. */
public enum Axis {
    /** Prompt of the batch. */
    BATCH("batch"),
    /** Token position. */
    POS("pos"),
    /** Position that attends. */
    QUERY_POS("query_pos"),
    /** Position attended to. */
    KEY_POS("key_pos"),
    /** Query head. */
    HEAD("head"),
    /** Key and value head; fewer than query heads where heads share keys. */
    KV_HEAD("kv_head"),
    /** Dimension of the token embedding. */
    D_EMBED("d_embed"),
    /** Dimension of the residual stream. */
    D_MODEL("d_model"),
    /** Dimension of a head. */
    D_HEAD("d_head"),
    /** Neuron of the MLP. */
    D_MLP("d_mlp"),
    /** Token of the vocabulary. */
    D_VOCAB("d_vocab"),
    /** A single value. */
    ONE("1");

    private final String label;

    Axis(String label) {
        this.label = label;
    }

    /** {@return short name, as in {@code [batch, pos, d_model]}} */
    public String label() {
        return label;
    }

    @Override
    public String toString() {
        return label;
    }
}
