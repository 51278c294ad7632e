package dev.patchscopes.lens.relation;

/**
 * Ways to make the model give a subject the object of another, by changing the residual h of the
 * subject's last token; the linear relation's and what it is measured against.
 */
public enum EditMethod {
    /** h + W_r^+ (z_target - z_source). */
    LINEAR_RELATION,
    /** The target subject's h in place of h. */
    SUBSTITUTE_SUBJECT,
    /** The target's z, the last residual of its prompt, in place of h. */
    SUBSTITUTE_OBJECT,
    /**
     * The unembedding's row of the target object's first token (with the final norm's weights) in
     * place of h, made as long as h. With tied embeddings this is, at layer 0 and up to those
     * weights, the object's own embedding.
     */
    UNEMBEDDING_ROW,
    /**
     * Control: the h of a third subject in place of h, at {@link #SUBSTITUTE_SUBJECT}'s layer. The
     * third's object is not the target's, though it may be the source's; without such a subject
     * there is no outcome.
     */
    RANDOM_SUBJECT,
    /**
     * Control: h moved in a random direction, as far and at the layer that {@link #LINEAR_RELATION}
     * moves it.
     */
    RANDOM_DIRECTION
}
