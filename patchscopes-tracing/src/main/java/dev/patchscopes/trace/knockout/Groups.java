package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** The groups of Geva et al. (2023): what the last token attends to, by what it is. */
final class Groups {
    private final int last;
    private final ImmutableList<Integer> subject;

    /**
     * Splits a prompt.
     *
     * @param length number of tokens
     * @param subject positions of the subject; the last token, if it is one of them, is left to a
     *     group of its own
     */
    Groups(int length, List<Integer> subject) {
        this.last = length - 1;
        this.subject =
                subject.stream().filter(t -> t < last).collect(ImmutableList.toImmutableList());
    }

    ImmutableList<Integer> subject() {
        return subject;
    }

    private EdgeGroup ofLast(String name, List<Integer> keys) {
        return EdgeGroup.of(name, KnockoutEdges.between(List.of(last), keys));
    }

    /**
     * Subject and other tokens, both also without the first, the first alone, and the token itself.
     */
    ImmutableList<EdgeGroup> all() {
        List<Integer> others =
                IntStream.range(0, last).boxed().filter(t -> !subject.contains(t)).toList();
        return ImmutableList.<EdgeGroup>builder()
                .add(ofLast(AttentionKnockout.SUBJECT, subject))
                .add(ofLast(AttentionKnockout.SUBJECT_BUT_FIRST, butFirst(subject)))
                .add(ofLast(AttentionKnockout.NON_SUBJECT, others))
                .add(ofLast(AttentionKnockout.NON_SUBJECT_BUT_FIRST, butFirst(others)))
                .addAll(endsOnly())
                .build();
    }

    private static List<Integer> butFirst(List<Integer> tokens) {
        return tokens.stream().filter(t -> t > 0).toList();
    }

    /** The groups that need no subject. */
    ImmutableList<EdgeGroup> endsOnly() {
        return ImmutableList.of(
                ofLast(AttentionKnockout.FIRST, last == 0 ? List.of() : List.of(0)),
                ofLast(AttentionKnockout.LAST, List.of(last)));
    }

    /** Each token for itself. */
    ImmutableList<EdgeGroup> perToken(TokenizedPrompt prompt) {
        return prompt.tokens().stream()
                .map(token -> ofLast(token.toString(), List.of(token.index())))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * As many other tokens as the subject has, drawn at random; the first only where no other is
     * left, and fewer where there are not enough.
     */
    EdgeGroup random(Random random) {
        List<Integer> candidates =
                new ArrayList<>(
                        IntStream.range(1, Math.max(1, last))
                                .boxed()
                                .filter(t -> !subject.contains(t))
                                .toList());
        Collections.shuffle(candidates, random);
        if (last > 0 && !subject.contains(0)) {
            candidates.add(0);
        }
        return ofLast(
                AttentionKnockout.RANDOM,
                candidates.subList(0, Math.min(candidates.size(), subject.size())));
    }
}
