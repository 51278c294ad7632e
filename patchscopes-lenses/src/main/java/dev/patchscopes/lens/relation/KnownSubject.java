package dev.patchscopes.lens.relation;

import dev.patchscopes.facts.Relation;

/**
 * A subject whose object the model itself gives, with what was read of it.
 *
 * @param sample the pair
 * @param states read with the examples as context
 * @param key what is right
 */
record KnownSubject(Relation.Sample sample, SubjectStates states, AnswerKey key) {}
