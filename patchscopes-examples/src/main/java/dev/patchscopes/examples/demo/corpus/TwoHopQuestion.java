package dev.patchscopes.examples.demo.corpus;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * A question whose answer takes two facts: the object of the first is the subject of the second.
 *
 * @param first leads to the bridge: the country whose currency is the yen is Japan
 * @param second leads from it: the capital of Japan is Tokyo
 * @param trained whether the corpus asks it; the corpus states both facts in any case
 */
public record TwoHopQuestion(Fact first, Fact second, boolean trained) {

    /**
     * Checks that the facts meet.
     *
     * @param first leads to the bridge
     * @param second leads from it
     * @param trained whether the corpus asks it
     * @throws IllegalArgumentException if the first does not lead to the second
     */
    public TwoHopQuestion {
        checkArgument(
                first.object().equals(second.subject()), "%s does not lead to %s", first, second);
    }

    /**
     * Returns the entity in the middle.
     *
     * @return for example {@code Japan}
     */
    public String bridge() {
        return first.object();
    }

    /**
     * Returns the answer.
     *
     * @return for example {@code Tokyo}
     */
    public String answer() {
        return second.object();
    }

    /**
     * Names the answer without naming the bridge.
     *
     * @return for example {@code the capital of the country whose currency is the yen}
     */
    public String phrase() {
        return second.relation().phrase(first.phrase());
    }

    /**
     * Asks the question.
     *
     * @param phrasing a phrasing of the second relation that {@link
     *     KnowledgeBase#phrasingsForTwoHops names its phrase}
     * @return for example {@code The capital of the country whose currency is the yen is Tokyo.}
     */
    public String state(Phrasing phrasing) {
        return phrasing.state(first.phrase(), second.object());
    }
}
