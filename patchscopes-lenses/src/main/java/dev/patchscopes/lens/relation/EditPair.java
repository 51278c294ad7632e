package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * A subject to edit, and the one whose object is wanted.
 *
 * @param source the subject edited
 * @param target the subject whose object is wanted
 * @param other a third subject whose object is not the target's, for control; it may be the
 *     source's. Empty where there is none
 */
record EditPair(KnownSubject source, KnownSubject target, Optional<KnownSubject> other) {

    /**
     * Draws a target for each subject that has one: a subject with another object, which begins
     * with another token.
     */
    static ImmutableList<EditPair> draw(List<KnownSubject> subjects, Random random) {
        ImmutableList.Builder<EditPair> pairs = ImmutableList.builder();
        for (KnownSubject source : subjects) {
            List<KnownSubject> targets =
                    subjects.stream().filter(target -> differ(source, target)).toList();
            if (targets.isEmpty()) {
                continue;
            }
            KnownSubject target = targets.get(random.nextInt(targets.size()));
            List<KnownSubject> others =
                    subjects.stream()
                            .filter(other -> !other.equals(source) && differ(target, other))
                            .toList();
            pairs.add(
                    new EditPair(
                            source,
                            target,
                            others.isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(others.get(random.nextInt(others.size())))));
        }
        return pairs.build();
    }

    private static boolean differ(KnownSubject a, KnownSubject b) {
        return Collections.disjoint(a.key().answers(), b.key().answers())
                && Collections.disjoint(a.key().firstTokens(), b.key().firstTokens());
    }
}
