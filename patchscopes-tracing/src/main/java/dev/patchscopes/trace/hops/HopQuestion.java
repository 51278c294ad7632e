package dev.patchscopes.trace.hops;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.TargetPrompt;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Quoting;
import java.util.Optional;

/**
 * A question that takes two facts, and the prompts that ask for each of them and for both.
 *
 * <p>The object of the first fact is the subject of the second, the bridge: Japan, between "the
 * country whose capital is Tokyo" and "the currency of Japan".
 *
 * <pre>{@code
 * HopQuestion question = HopQuestion.of(
 *     "country of capital, currency",
 *     Relation.Sample.of("Tokyo", "Japan"),
 *     Relation.Sample.of("Japan", "yen"),
 *     "The country whose capital is Tokyo is",
 *     "the country whose capital is Tokyo",
 *     TargetPrompt.of("The currency of x is the", "x"));
 * question.question();       // The currency of the country whose capital is Tokyo is the
 * question.secondPrompt();   // The currency of Japan is the
 * }</pre>
 *
 * @param relations names the two relations
 * @param first subject and bridge
 * @param second bridge and answer
 * @param firstPrompt asks for the bridge; decides whether the first hop is known
 * @param source the source prompt S of {@link HopForm#TWO_PROMPTS}, which names hop 1: its last
 *     token is read
 * @param target the target prompt T of {@link HopForm#TWO_PROMPTS}, which asks for hop 2 of its
 *     placeholder; one without a placeholder is patched at its last token, as in the code of the
 *     paper
 * @param question the whole question in one prompt
 * @param hop characters of the question that name hop 1
 */
public record HopQuestion(
        String relations,
        Relation.Sample first,
        Relation.Sample second,
        String firstPrompt,
        String source,
        TargetPrompt target,
        String question,
        CharSpan hop) {

    /**
     * Checks that the facts meet and that hop 1 is part of the question.
     *
     * @param relations names the two relations
     * @param first subject and bridge
     * @param second bridge and answer
     * @param firstPrompt asks for the bridge
     * @param source the source prompt S
     * @param target the target prompt T
     * @param question the whole question
     * @param hop characters of the question that name hop 1
     * @throws IllegalArgumentException if the first fact does not lead to the second, a prompt is
     *     blank, or the characters of hop 1 are none or reach past the question
     */
    public HopQuestion {
        checkArgument(
                first.answers().contains(second.subject()),
                "%s does not lead to %s: the subject of the second fact is an object of the first",
                first,
                second);
        notBlank("prompt of the first hop", firstPrompt);
        notBlank("source prompt", source);
        notBlank("question", question);
        checkArgument(
                !hop.isEmpty() && hop.end() <= question.length(),
                "characters %s of hop 1 are none of %s, which has %s: give a span with at least one character of it",
                hop,
                Quoting.quoteShort(question),
                question.length());
    }

    private static void notBlank(String what, String text) {
        checkArgument(!text.isBlank(), "the %s is blank", what);
    }

    /**
     * Puts the words of hop 1 in place of the placeholder: the paper's query [&pi;2][&pi;1].
     *
     * @param relations names the two relations
     * @param first subject and bridge
     * @param second bridge and answer
     * @param firstPrompt asks for the bridge
     * @param source names hop 1, such as {@code the company that created Visual Basic}
     * @param target asks for hop 2, such as {@code The current CEO of x}; {@code source} goes
     *     behind one without a placeholder
     * @return the question
     * @throws IllegalArgumentException if the first fact does not lead to the second, or a prompt
     *     is blank
     */
    public static HopQuestion of(
            String relations,
            Relation.Sample first,
            Relation.Sample second,
            String firstPrompt,
            String source,
            TargetPrompt target) {
        String question = filled(target, source);
        int start = target.placeholder().map(CharSpan::start).orElse(target.text().length() + 1);
        return new HopQuestion(
                relations,
                first,
                second,
                firstPrompt,
                source,
                target,
                question,
                new CharSpan(start, start + source.length()));
    }

    /** A target prompt with words in place of its placeholder, or behind it for want of one. */
    private static String filled(TargetPrompt target, String words) {
        String text = target.text();
        Optional<CharSpan> slot = target.placeholder();
        return slot.isEmpty()
                ? text + " " + words
                : text.substring(0, slot.get().start()) + words + text.substring(slot.get().end());
    }

    /** {@return what asks for the answer by the bridge; decides whether the second hop is known} */
    public String secondPrompt() {
        return filled(target, bridge());
    }

    /** {@return what is asked about} */
    public String subject() {
        return first.subject();
    }

    /** {@return the answer to the first hop, and subject of the second} */
    public String bridge() {
        return second.subject();
    }

    /**
     * The same question with another source prompt.
     *
     * @param text the source prompt S, whose last token is read
     * @return the question
     */
    public HopQuestion withSource(String text) {
        return new HopQuestion(relations, first, second, firstPrompt, text, target, question, hop);
    }

    /**
     * The same question with hop 1 asked and answered in the source prompt: the last token of the
     * bridge's own words is read. That is no multi-hop reasoning, nor an experiment of the paper:
     * the words of the bridge stand in S, and one fact is left to look up. It is a control, which
     * tells a second hop that cannot be read from a representation from a first one that the phrase
     * of hop 1 does not resolve.
     *
     * @return the question
     */
    public HopQuestion withAnsweredHop() {
        return withSource(firstPrompt + " " + bridge());
    }

    /**
     * The same question with another target prompt.
     *
     * @param prompt the target prompt T
     * @return the question
     */
    public HopQuestion withTarget(TargetPrompt prompt) {
        return new HopQuestion(
                relations, first, second, firstPrompt, source, prompt, question, hop);
    }

    /** {@return the question with hop 1 in brackets, the bridge and the answer} */
    @Override
    public String toString() {
        return "%s[%s]%s ... %s ... %s"
                .formatted(
                        question.substring(0, hop.start()),
                        hop.of(question),
                        question.substring(hop.end()),
                        bridge(),
                        second.object());
    }
}
