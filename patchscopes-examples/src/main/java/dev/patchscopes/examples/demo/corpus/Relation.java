package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;

/**
 * What is known of all entities of a kind, and how it is said.
 *
 * @param name for example {@code capital}
 * @param subject kind of the subjects, for example {@code country}
 * @param object kind of the objects, for example {@code city}
 * @param phrase names the object by its subject: {@code the capital of {s}}
 * @param trained phrasings that the corpus uses
 * @param heldOut phrasings that it never uses, all with a {@link Phrasing#prompt() prompt}
 * @param source where the facts stand
 */
public record Relation(
        String name,
        String subject,
        String object,
        String phrase,
        ImmutableList<Phrasing> trained,
        ImmutableList<Phrasing> heldOut,
        Source source) {

    /**
     * Where the facts of a relation stand.
     *
     * @param table name of the list
     * @param column the column that holds the other entity
     * @param reverse whether the fact leads from that column to the name
     */
    record Source(String table, String column, boolean reverse) {}

    /**
     * Names the object by its subject.
     *
     * @param subject the subject
     * @return for example {@code the capital of Japan}
     */
    public String phrase(String subject) {
        return phrase.replace("{s}", subject);
    }

    /** Whether the other relation leads back to where this one came from. */
    boolean isReverseOf(Relation other) {
        return source.table.equals(other.source.table)
                && source.column.equals(other.source.column)
                && source.reverse != other.source.reverse;
    }

    @Override
    public String toString() {
        return "Relation[%s: %s -> %s]".formatted(name, subject, object);
    }
}
