package dev.patchscopes.lens.relation;

import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * A prompt that asks for the object of a subject, and where in it the subject is read.
 *
 * @param tokens the prompt, with the pairs before the question
 * @param subject the subject it asks about
 * @param subjectPosition absolute index of the last token of the subject, in the question at the
 *     prompt's end
 */
public record RelationPrompt(TokenizedPrompt tokens, String subject, int subjectPosition) {

    /** {@return the last token of the subject} */
    public Positions subjectToken() {
        return Positions.at(subjectPosition);
    }

    /** {@return the text, and where the subject is read} */
    @Override
    public String toString() {
        return "%s, subject \"%s\" at %s".formatted(tokens, subject, tokens.token(subjectPosition));
    }
}
