package dev.patchscopes.examples.demo.corpus;

/** What a document of the corpus is for. */
public enum DocumentKind {
    /** Facts in running text. */
    FACTS(230),
    /** Facts as lists and tables. */
    LISTS(45),
    /** Questions about facts, with their answers. */
    QUESTIONS(60),
    /** Short descriptions of entities, in the form of the entity description prompt. */
    DESCRIPTIONS(130),
    /** Questions that take two facts. */
    TWO_HOP(100),
    /** Words, numbers and pieces of words said twice, in the form of the token identity prompt. */
    REPETITIONS(110),
    /**
     * Repetitions that break off for another text, so that what is said after them does not depend
     * on them.
     */
    INTERRUPTED(80),
    /** Sentences that state no fact. */
    EVERYDAY(45);

    private final int share;

    DocumentKind(int share) {
        this.share = share;
    }

    /** How many of the documents are of this kind, in relation to the others. */
    int share() {
        return share;
    }
}
