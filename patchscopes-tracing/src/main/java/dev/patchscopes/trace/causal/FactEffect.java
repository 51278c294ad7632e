package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Fixed;

/**
 * What corrupting its subject does to one fact.
 *
 * @param prompt the prompt
 * @param subject the subject
 * @param answer the answer's first token
 * @param tokens token ids of the prompt
 * @param subjectFrom first token of the subject
 * @param subjectTo token after its last one
 * @param answerId id of the answer's first token
 * @param clean its metric in the clean run
 * @param corrupted its metric in the corrupted run, mean over copies
 */
public record FactEffect(
        String prompt,
        String subject,
        String answer,
        ImmutableList<Integer> tokens,
        int subjectFrom,
        int subjectTo,
        int answerId,
        double clean,
        double corrupted) {

    /** {@return the clean metric minus the corrupted one} */
    public double totalEffect() {
        return clean - corrupted;
    }

    /** {@return prompt, answer and effect} */
    @Override
    public String toString() {
        return "%s ...%s: %s -> %s"
                .formatted(prompt, answer, Fixed.text(clean, 3), Fixed.text(corrupted, 3));
    }
}
