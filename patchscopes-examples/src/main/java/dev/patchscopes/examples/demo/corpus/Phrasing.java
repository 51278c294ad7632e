package dev.patchscopes.examples.demo.corpus;

import java.util.Optional;
import java.util.Set;

/**
 * A way to state facts of one relation.
 *
 * @param template text with {@code {s}} for the subject and {@code {o}}, or with an indefinite
 *     article {@code {a o}}, for the object
 */
public record Phrasing(String template) {

    private static final String SUBJECT = "{s}";
    private static final String OBJECT = "{o}";
    private static final String LAST = " {o}.";
    private static final Set<Character> VOWELS = Set.of('a', 'e', 'i', 'o', 'u');

    /**
     * Fills in a fact.
     *
     * @param subject the subject
     * @param object the object
     * @return for example {@code The capital of Japan is Tokyo.}
     */
    public String state(String subject, String object) {
        String article = VOWELS.contains(Character.toLowerCase(object.charAt(0))) ? "an " : "a ";
        return capitalized(
                template.replace("{a o}", article + object)
                        .replace(OBJECT, object)
                        .replace(SUBJECT, subject));
    }

    /**
     * Returns the text that the object completes, if it comes last.
     *
     * @return for example {@code The capital of {s} is}; empty if the phrasing goes on after the
     *     object, or if an article before it would give it away
     */
    public Optional<String> prompt() {
        return template.endsWith(LAST)
                        && template.contains(SUBJECT)
                        && template.indexOf(OBJECT) == template.length() - LAST.length() + 1
                ? Optional.of(capitalized(template.substring(0, template.length() - LAST.length())))
                : Optional.empty();
    }

    /** Whether it asks before it answers. */
    boolean isQuestion() {
        return template.contains("?");
    }

    /** A text with a capital at its beginning. */
    static String capitalized(String text) {
        return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
