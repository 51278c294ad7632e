package dev.patchscopes.lens.relation;

import dev.patchscopes.model.TokenProbability;

/**
 * What the model said after an edit of one subject of a trial's test half.
 *
 * @param trial index of the trial
 * @param method the method
 * @param layer layer of the edit
 * @param rank rank of the pseudo-inverse; 0 for methods without one
 * @param subject the subject edited
 * @param object its object
 * @param targetSubject the subject whose object was wanted
 * @param target that object
 * @param top most probable token after the edit
 * @param prefixRight whether it is the target by {@link AnswerRule#PREFIX}
 * @param firstTokenRight the same by {@link AnswerRule#FIRST_TOKEN}
 * @param targetProbability probability of the target's first token after the edit
 * @param originalProbability probability of the object's first token after the edit
 */
public record EditOutcome(
        int trial,
        EditMethod method,
        int layer,
        int rank,
        String subject,
        String object,
        String targetSubject,
        String target,
        TokenProbability top,
        boolean prefixRight,
        boolean firstTokenRight,
        double targetProbability,
        double originalProbability) {

    /**
     * Says whether the edit came out.
     *
     * @param success what counts
     * @return whether it did
     */
    public boolean isSuccess(EditSuccess success) {
        return switch (success) {
            case TOP_BY_PREFIX -> prefixRight;
            case TOP_BY_FIRST_TOKEN -> firstTokenRight;
            case PREFERRED -> targetProbability > originalProbability;
        };
    }

    /** {@return subject, target and what came} */
    @Override
    public String toString() {
        return "%s (%s) as %s (%s) by %s: %s"
                .formatted(subject, object, targetSubject, target, method, top);
    }
}
