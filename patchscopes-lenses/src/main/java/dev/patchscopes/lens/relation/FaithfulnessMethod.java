package dev.patchscopes.lens.relation;

/** Ways to predict a relation's object; the linear relation and what it is measured against. */
public enum FaithfulnessMethod {
    /** The model itself, with examples as context; over all samples, also those it gets wrong. */
    LANGUAGE_MODEL,
    /** The model itself, asked in the zero-shot template; over all samples. */
    LANGUAGE_MODEL_ZERO_SHOT,
    /** beta W h + b, fitted and read with examples as context. */
    LINEAR_RELATION,
    /**
     * The same fitted and read in zero-shot prompts, at the layer chosen for {@link
     * #LINEAR_RELATION}, with a beta of its own.
     */
    LINEAR_RELATION_ZERO_SHOT,
    /** The linear relation at layer 0: of the embedding of the subject's last token. */
    LINEAR_RELATION_OF_EMBEDDING,
    /** h itself, as the logit lens reads it. */
    LOGIT_LENS,
    /** h + mean(z - h) over the examples. */
    TRANSLATION,
    /**
     * h + c, where c is the mean direction of the objects' first tokens in the unembedding (rows
     * with the final norm's weights, each of length 1), half as long as the examples' h are on the
     * mean. The objects are those of the examples and of the validation half, also of samples the
     * model gets wrong; those of the test half take no part.
     */
    CORNER,
    /**
     * An affine map learned from the examples' h and z, by ridge regression; the original is
     * trained with Adam and weight decay, from random numbers.
     */
    LEARNED_AFFINE
}
