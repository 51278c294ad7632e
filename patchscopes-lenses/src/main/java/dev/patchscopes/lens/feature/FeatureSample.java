package dev.patchscopes.lens.feature;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.facts.Relation;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * A fact, and a sentence that mentions its subject: the source prompt S and, as characters, the
 * source position i.
 *
 * <pre>{@code
 * FeatureSample sample = FeatureSample.of(
 *     Relation.Sample.of("Japan", "Tokyo"), "She came back from {} in May.");
 * }</pre>
 *
 * @param fact the fact
 * @param sentence the sentence, as a model reads it
 * @param mention characters of the subject in the sentence
 */
public record FeatureSample(Relation.Sample fact, String sentence, CharSpan mention) {

    /**
     * Checks that the characters are the subject.
     *
     * @param fact the fact
     * @param sentence the sentence
     * @param mention characters of the subject in the sentence
     * @throws IllegalArgumentException if they are not
     */
    public FeatureSample {
        checkArgument(
                mention.end() <= sentence.length() && mention.of(sentence).equals(fact.subject()),
                "characters %s of %s are not the subject %s",
                mention,
                Quoting.quoteShort(sentence),
                Quoting.quote(fact.subject()));
    }

    /**
     * Puts the subject into a sentence.
     *
     * @param fact the fact
     * @param template a sentence with {@code {}} once; {@code {}} alone for the bare subject
     * @return the sample
     * @throws IllegalArgumentException if {@code {}} does not stand in it exactly once
     */
    public static FeatureSample of(Relation.Sample fact, String template) {
        String sentence = Relation.prompt(template, fact.subject());
        int start = template.indexOf(Relation.SLOT);
        return new FeatureSample(
                fact, sentence, new CharSpan(start, start + fact.subject().length()));
    }

    /**
     * Finds the source position: the last token that has a character of the subject.
     *
     * @param prompt tokens of the sentence
     * @return its absolute index i
     * @throws dev.patchscopes.text.PositionException if no token has one
     */
    public int position(TokenizedPrompt prompt) {
        var tokens = Positions.span(mention.start(), mention.end()).resolve(prompt);
        return tokens.get(tokens.length() - 1);
    }

    /** {@return the fact and the sentence} */
    @Override
    public String toString() {
        return "%s in %s".formatted(fact, Quoting.quoteShort(sentence));
    }
}
