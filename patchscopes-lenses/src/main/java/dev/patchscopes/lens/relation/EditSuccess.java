package dev.patchscopes.lens.relation;

/** When an edit counts as a success. */
public enum EditSuccess {
    /** The most probable token is the target by {@link AnswerRule#PREFIX}; the paper's. */
    TOP_BY_PREFIX,
    /** The most probable token is the target by {@link AnswerRule#FIRST_TOKEN}. */
    TOP_BY_FIRST_TOKEN,
    /** The target's first token is more probable than the original's; softer. */
    PREFERRED
}
