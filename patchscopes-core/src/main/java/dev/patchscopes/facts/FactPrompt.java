package dev.patchscopes.facts;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A prompt that asks for a fact, where its subject stands in it, and the answer: what causal
 * tracing and attention knockout take apart.
 *
 * <pre>{@code
 * FactPrompt fact = FactPrompt.of("The capital of {} is", "Japan", "Tokyo");
 * fact.subject();                      // Japan
 * fact.positions().resolve(tokens);    // its tokens
 * }</pre>
 *
 * @param prompt no space at its end
 * @param span characters of the subject
 * @param answer what a model that knows the fact goes on with; a space goes before it
 */
public record FactPrompt(String prompt, CharSpan span, String answer) {

    /**
     * Checks that the subject is part of the prompt.
     *
     * @param prompt no space at its end
     * @param span characters of the subject
     * @param answer what a model that knows the fact goes on with
     * @throws IllegalArgumentException if the subject is empty or reaches past the prompt, or the
     *     answer is blank
     */
    public FactPrompt {
        checkArgument(
                !span.isEmpty() && span.end() <= prompt.length(),
                "the subject's characters %s are none of \"%s\", which has %s: give a span with at least one character of it",
                span,
                prompt,
                prompt.length());
        checkArgument(!answer.isBlank(), "the answer to \"%s\" is blank", prompt);
    }

    /**
     * Fills a subject into a prompt.
     *
     * @param template with {@code {}} once, where the subject goes
     * @param subject the subject
     * @param answer the answer
     * @return the fact; its first letter is a capital
     * @throws IllegalArgumentException if the template has no place for the subject, or several
     */
    public static FactPrompt of(String template, String subject, String answer) {
        int at = template.indexOf(Relation.SLOT);
        checkArgument(
                at >= 0 && template.indexOf(Relation.SLOT, at + 1) < 0,
                "the template \"%s\" needs %s once, where the subject goes",
                template,
                Relation.SLOT);
        Question question = Question.of(template, subject, answer);
        return new FactPrompt(question.prompt(), new CharSpan(at, at + subject.length()), answer);
    }

    /**
     * Finds the subject in a prompt.
     *
     * @param prompt the prompt
     * @param subject occurs once in it
     * @param answer the answer
     * @return the fact
     * @throws IllegalArgumentException if the subject does not occur, or occurs several times
     */
    public static FactPrompt find(String prompt, String subject, String answer) {
        int at = prompt.indexOf(subject);
        checkArgument(
                at >= 0 && !subject.isEmpty(), "\"%s\" is not part of \"%s\"", subject, prompt);
        checkArgument(
                prompt.indexOf(subject, at + 1) < 0,
                "\"%s\" occurs more than once in \"%s\": say which by its characters, new FactPrompt(prompt, new CharSpan(start, end), answer)",
                subject,
                prompt);
        return new FactPrompt(prompt, new CharSpan(at, at + subject.length()), answer);
    }

    /**
     * Reads a fact file: a JSON list of objects with the fields {@code prompt}, {@code subject} and
     * {@code attribute}, the layout of the facts that Meng et al. (2022) trace. Other fields are
     * passed over, and of a subject that occurs several times its first occurrence is meant, as
     * there.
     *
     * @param file the file
     * @return the facts
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is something else
     */
    public static ImmutableList<FactPrompt> read(Path file) throws IOException {
        try {
            ImmutableList.Builder<FactPrompt> out = ImmutableList.builder();
            for (JsonElement element :
                    JsonParser.parseString(Files.readString(file)).getAsJsonArray()) {
                out.add(read(element.getAsJsonObject()));
            }
            return out.build();
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s is no list of facts: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static FactPrompt read(JsonObject fact) {
        String prompt = text(fact, "prompt").stripTrailing();
        String subject = text(fact, "subject");
        int at = prompt.indexOf(subject);
        checkArgument(
                at >= 0 && !subject.isEmpty(), "\"%s\" is not part of \"%s\"", subject, prompt);
        return new FactPrompt(
                prompt, new CharSpan(at, at + subject.length()), text(fact, "attribute").strip());
    }

    private static String text(JsonObject fact, String field) {
        JsonElement value = fact.get(field);
        checkArgument(
                value != null && value.isJsonPrimitive(),
                "the fact %s has no text in the field \"%s\"",
                fact,
                field);
        return value.getAsString();
    }

    /** {@return the subject's characters} */
    public String subject() {
        return span.of(prompt);
    }

    /** {@return the tokens that overlap the subject's characters} */
    public Positions positions() {
        return Positions.span(span.start(), span.end());
    }

    /** {@return what is asked and the answer} */
    public Question question() {
        return new Question(prompt, answer);
    }

    /** {@return the prompt with the subject in brackets, and the answer} */
    @Override
    public String toString() {
        return "%s[%s]%s ... %s"
                .formatted(
                        prompt.substring(0, span.start()),
                        subject(),
                        prompt.substring(span.end()),
                        answer);
    }
}
