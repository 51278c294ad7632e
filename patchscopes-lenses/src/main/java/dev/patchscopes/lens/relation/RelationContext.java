package dev.patchscopes.lens.relation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * How a relation is asked about: what stands before the question, and the question.
 *
 * <p>Each pair of the context is a line, the template filled with the subject, a space and the
 * object; the question is the template filled with the subject asked about. A pair about that
 * subject is left out, so a question never contains its own answer: the examples a relation is
 * fitted on are asked about with the others as context (Hernandez et al., "Linearity of Relation
 * Decoding in Transformer Language Models", 2024, section 3).
 *
 * <pre>{@code
 * RelationContext context = lre.context();
 * RelationPrompt prompt = context.ask(model, "Japan");
 * }</pre>
 *
 * @param template a text that the object continues, with {@code {}} where the subject goes
 * @param prefix text before everything, for example the end-of-text token of a tokenizer that puts
 *     nothing before a prompt by itself; mostly empty
 * @param pairs pairs before the question; none for a zero-shot question
 */
public record RelationContext(
        String template, String prefix, ImmutableList<Relation.Sample> pairs) {

    /**
     * Checks the template.
     *
     * @param template a text that the object continues
     * @param prefix text before everything
     * @param pairs pairs before the question
     * @throws IllegalArgumentException if {@code {}} does not stand in the template exactly once
     */
    public RelationContext {
        Relation.prompt(template, "subject");
    }

    /**
     * Asks about a subject.
     *
     * @param model whose tokenizer reads the prompt
     * @param subject the subject
     * @return the prompt
     * @throws IllegalArgumentException if the subject is blank
     */
    public RelationPrompt ask(HookedModel model, String subject) {
        checkArgument(!subject.isBlank(), "the subject is blank");
        StringBuilder text = new StringBuilder(prefix);
        for (Relation.Sample pair : pairs) {
            if (!pair.subject().equals(subject)) {
                text.append(Relation.prompt(template, pair.subject()))
                        .append(' ')
                        .append(pair.object())
                        .append('\n');
            }
        }
        // By characters, as the subject may also stand in the context.
        int start = text.length() + template.indexOf(Relation.SLOT);
        text.append(Relation.prompt(template, subject));
        TokenizedPrompt tokens = model.tokenize(text.toString());
        ImmutableIntArray of = Positions.span(start, start + subject.length()).resolve(tokens);
        return new RelationPrompt(tokens, subject, of.get(of.length() - 1));
    }

    /** {@return the template and the subjects before the question} */
    @Override
    public String toString() {
        return pairs.isEmpty()
                ? "\"%s\"".formatted(template)
                : "\"%s\" after %s".formatted(template, pairs);
    }
}
