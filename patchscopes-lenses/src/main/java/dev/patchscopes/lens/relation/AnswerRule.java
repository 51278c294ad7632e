package dev.patchscopes.lens.relation;

/** When a predicted token counts as the right object. */
public enum AnswerRule {
    /**
     * The token's text, without white space at its ends and in lower case, is not empty and begins
     * an answer in lower case: the rule of Hernandez et al. It is lenient with tokens of a letter
     * or two and with words that begin many objects, such as "the".
     */
    PREFIX,
    /**
     * The token is the very one that the tokenizer begins an answer with after the prompt. It is
     * strict with other spellings.
     */
    FIRST_TOKEN
}
