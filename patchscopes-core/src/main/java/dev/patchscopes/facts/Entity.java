package dev.patchscopes.facts;

/**
 * Somebody or something a model was told about.
 *
 * @param name the name, for example {@code Marie Curie}
 * @param kind what relations hold of it: {@code country}, {@code city}, {@code currency}, {@code
 *     language}, {@code person}, {@code founder}, {@code company}, {@code animal}, {@code food} or
 *     {@code tool}
 * @param category the word in its description that says what it is: the kind, or the profession of
 *     a person
 * @param description a few words without a comma: {@code Polish chemist}
 */
public record Entity(String name, String kind, String category, String description) {}
