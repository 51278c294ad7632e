package dev.patchscopes.trace.knockout;

import dev.patchscopes.measure.Estimate;

/**
 * The block around which cutting a group hurts most on half of the subjects, and what is found
 * there on the other half, which had no part in choosing it. Of equals, the lowest was chosen.
 *
 * @param group the group's name
 * @param centre block in the middle of the window, 0..L-1
 * @param dev mean change on the half it was chosen on; too large by the choice
 * @param test mean change on the other half
 * @param random that of the control there, {@link AttentionKnockout#RANDOM}
 * @param subjectOverRandom the control's change less the subject's there, see {@link
 *     KnockoutAverage#subjectOverRandom(int)}
 */
public record HeldOutBlock(
        String group,
        int centre,
        Estimate dev,
        Estimate test,
        Estimate random,
        Estimate subjectOverRandom) {

    /** {@return group, block and the mean on the other half} */
    @Override
    public String toString() {
        return "%s around block %d: %s".formatted(group, centre, test);
    }
}
