package dev.patchscopes.facts;

/**
 * A text and what a model that knows the answer goes on with.
 *
 * @param prompt for example {@code The capital of Japan is}; no space at its end
 * @param answer for example {@code Tokyo}; a space goes before it
 */
public record Question(String prompt, String answer) {

    /**
     * Fills a subject into a prompt.
     *
     * @param prompt with {@code {}} where the subject goes
     * @param subject the subject
     * @param answer the answer
     * @return the question; its first letter is a capital
     */
    public static Question of(String prompt, String subject, String answer) {
        String text = prompt.replace("{}", subject);
        return new Question(
                text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1),
                answer);
    }

    /**
     * Says whether a greedy continuation of the prompt gives the answer.
     *
     * @param continuation the text a model adds to the prompt, at least as long as the answer
     * @return whether it begins with the answer, as whole words
     */
    public boolean isAnsweredBy(String continuation) {
        String text = continuation.stripLeading();
        return text.startsWith(answer)
                && (text.length() == answer.length()
                        || !Character.isLetterOrDigit(text.codePointAt(answer.length())));
    }
}
