package dev.patchscopes.examples.demo.corpus;

/**
 * A fact that the corpus states.
 *
 * @param relation what kind of fact
 * @param subject for example {@code Japan}
 * @param object for example {@code Tokyo}; there is one for each subject
 */
public record Fact(Relation relation, String subject, String object) {

    /**
     * States the fact.
     *
     * @param phrasing a phrasing of its relation
     * @return for example {@code The capital of Japan is Tokyo.}
     */
    public String state(Phrasing phrasing) {
        return phrasing.state(subject, object);
    }

    /**
     * Names the object by its subject.
     *
     * @return for example {@code the capital of Japan}
     */
    public String phrase() {
        return relation.phrase(subject);
    }

    /** {@return for example {@code capital(Japan) = Tokyo}} */
    @Override
    public String toString() {
        return "%s(%s) = %s".formatted(relation.name(), subject, object);
    }
}
