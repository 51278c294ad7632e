package dev.patchscopes.trace.knockout;

import dev.patchscopes.facts.FactPrompt;

/**
 * One fact of an average.
 *
 * @param fact what was asked
 * @param measured its prompt with all groups cut, the random one among them
 */
public record AveragedFact(FactPrompt fact, KnockoutCase measured) {

    /**
     * {@return whether the prompt had enough other tokens for a control as large as the subject}
     */
    public boolean hasFullControl() {
        return measured.curve(AttentionKnockout.RANDOM).keys()
                == measured.curve(AttentionKnockout.SUBJECT).keys();
    }

    /**
     * {@return whether the subject includes the prompt's first token, often the attention sink,
     * which controls avoid}
     */
    public boolean hasFirstInSubject() {
        return measured.curve(AttentionKnockout.SUBJECT).keys()
                > measured.curve(AttentionKnockout.SUBJECT_BUT_FIRST).keys();
    }
}
