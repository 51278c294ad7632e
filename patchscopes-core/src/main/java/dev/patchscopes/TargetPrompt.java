package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Quoting;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A target prompt T: a text, and the placeholder in it whose representation is overwritten.
 *
 * <p>The placeholder is found by its characters, not by its token id, and must be exactly one token
 * of the target model's tokenizer, with or without the space before it; otherwise the patch would
 * leave part of it standing or overwrite its neighbour.
 *
 * <p>The presets are the prompts of Ghandeharioun et al., "Patchscopes" (2024).
 *
 * <pre>{@code
 * TargetPrompt.tokenIdentity();                            // cat -> cat\n1135 -> 1135\nhello -> hello\n?
 * TargetPrompt.featureExtraction("The capital city of");   // The capital city of x
 * TargetPrompt.of("Tell me facts about x.", "x");
 * }</pre>
 *
 * @param text the text
 * @param placeholder characters of the placeholder, not empty; without one the last token of the
 *     text is overwritten
 */
public record TargetPrompt(String text, Optional<CharSpan> placeholder) {

    private static final ImmutableList<String> IDENTITY_WORDS =
            ImmutableList.of("cat", "1135", "hello");

    private static final String DESCRIPTIONS =
            "Syria: Country in the Middle East, Leonardo DiCaprio: American actor, Samsung: South"
                    + " Korean multinational major appliance and consumer electronics corporation, x";

    /**
     * Checks that the placeholder lies in the text.
     *
     * @param text the text
     * @param placeholder characters of the placeholder
     * @throws IllegalArgumentException if it is empty, white space, or outside the text
     */
    public TargetPrompt {
        if (placeholder.isPresent()) {
            CharSpan span = placeholder.get();
            checkArgument(
                    span.end() <= text.length(),
                    "the placeholder at characters %s ends beyond the text, which has %s",
                    span,
                    text.length());
            checkArgument(
                    !span.of(text).isBlank(),
                    "the placeholder is %s; give it at least one visible character",
                    Quoting.quote(span.of(text)));
        }
    }

    /**
     * A text whose last token is overwritten.
     *
     * @param text the text
     * @return the prompt
     */
    public static TargetPrompt of(String text) {
        return new TargetPrompt(text, Optional.empty());
    }

    /**
     * A text with a placeholder, which stands in it once: occurrences inside longer words do not
     * count.
     *
     * @param text the text
     * @param placeholder the placeholder, for example {@code x}
     * @return the prompt
     * @throws PositionException if the placeholder stands nowhere in the text or more than once
     */
    public static TargetPrompt of(String text, String placeholder) {
        checkArgument(
                !placeholder.isBlank(),
                "the placeholder is %s; give it at least one visible character",
                Quoting.quote(placeholder));
        List<CharSpan> found = new ArrayList<>();
        for (int at = text.indexOf(placeholder); at >= 0; at = text.indexOf(placeholder, at + 1)) {
            CharSpan span = new CharSpan(at, at + placeholder.length());
            if (standsAlone(text, span)) {
                found.add(span);
            }
        }
        if (found.size() == 1) {
            return new TargetPrompt(text, Optional.of(found.get(0)));
        }
        String what = "placeholder " + Quoting.quote(placeholder);
        throw new PositionException(
                found.isEmpty()
                        ? "%s does not stand by itself in %s: put it there, or use TargetPrompt.of(text) to patch the last token"
                                .formatted(what, Quoting.quoteShort(text))
                        : "%s stands %d times in %s, at characters %s: choose one with new TargetPrompt(text, Optional.of(span))"
                                .formatted(
                                        what,
                                        found.size(),
                                        Quoting.quoteShort(text),
                                        found.stream()
                                                .map(s -> String.valueOf(s.start()))
                                                .collect(Collectors.joining(", "))));
    }

    /** Whether no letter or digit continues the span on either side where it has one itself. */
    private static boolean standsAlone(String text, CharSpan span) {
        return !joined(text, span.start()) && !joined(text, span.end());
    }

    private static boolean joined(String text, int boundary) {
        return boundary > 0
                && boundary < text.length()
                && Character.isLetterOrDigit(text.codePointBefore(boundary))
                && Character.isLetterOrDigit(text.codePointAt(boundary));
    }

    /** A text with the placeholder put at its end. */
    private static TargetPrompt endingIn(String placeholder, String before) {
        String text = before + placeholder;
        return new TargetPrompt(text, Optional.of(new CharSpan(before.length(), text.length())));
    }

    /**
     * The few-shot prompt under which a model names the token it is given, in the form of the
     * paper's code.
     *
     * @return {@code cat -> cat}, {@code 1135 -> 1135}, {@code hello -> hello} and {@code ?}, a
     *     line each
     */
    public static TargetPrompt tokenIdentity() {
        return tokenIdentity(IDENTITY_WORDS, " -> ", "\n", "?");
    }

    /**
     * The token identity prompt with words of your own.
     *
     * @param words shown one after the other, each repeated after the relation
     * @param relation stands between a word and its repetition, for example {@code " -> "}
     * @param separator follows each repetition, for example {@code "\n"} or {@code "; "}
     * @param placeholder ends the prompt
     * @return the prompt
     */
    public static TargetPrompt tokenIdentity(
            List<String> words, String relation, String separator, String placeholder) {
        return endingIn(
                placeholder,
                words.stream()
                        .map(word -> word + relation + word + separator)
                        .collect(Collectors.joining()));
    }

    /**
     * A prompt that is a placeholder alone: no examples, so none that could show in the answer.
     *
     * @return {@code ?}
     */
    public static TargetPrompt bare() {
        return bare("?");
    }

    /**
     * A prompt that is a placeholder alone.
     *
     * @param placeholder the placeholder
     * @return the prompt
     */
    public static TargetPrompt bare(String placeholder) {
        return endingIn(placeholder, "");
    }

    /**
     * The few-shot prompt under which a model describes the entity it is given: descriptions of
     * three entities and the placeholder {@code x}. Let it generate some 20 tokens.
     *
     * @return the prompt
     */
    public static TargetPrompt entityDescription() {
        return endingIn("x", DESCRIPTIONS.substring(0, DESCRIPTIONS.length() - 1));
    }

    /**
     * A prompt that asks for an attribute of what it is given: a relation in words and the
     * placeholder {@code x}.
     *
     * @param relation for example {@code The capital city of}; white space at its end is dropped
     * @return for example {@code The capital city of x}
     */
    public static TargetPrompt featureExtraction(String relation) {
        checkArgument(!relation.isBlank(), "the relation is blank; try \"The capital city of\"");
        return endingIn("x", relation.stripTrailing() + " ");
    }

    /**
     * Finds the token to overwrite.
     *
     * @param prompt this text's tokens
     * @return absolute index of the placeholder's token; of the last one without a placeholder
     * @throws PositionException if the placeholder is not exactly one token; the message lists the
     *     tokens
     */
    public int resolve(TokenizedPrompt prompt) {
        if (placeholder.isEmpty()) {
            return prompt.length() - 1;
        }
        CharSpan span = placeholder.get();
        String what = Quoting.quote(span.of(text));
        ImmutableIntArray indices =
                Positions.span(span.start(), span.end()).resolve(prompt); // at least one
        if (indices.length() > 1) {
            throw new PositionException(
                    "placeholder %s is %d tokens, and a patch replaces one: choose a placeholder that is one token, or a targetPosition(...). Tokens: %s"
                            .formatted(what, indices.length(), Quoting.list(prompt.tokens())));
        }
        int index = indices.get(0);
        CharSpan covered = prompt.token(index).span().orElse(span);
        if (!covered.of(prompt.text()).strip().equals(span.of(text).strip())) {
            throw new PositionException(
                    "placeholder %s is part of token %s: set it apart from its neighbours, or choose a targetPosition(...). Tokens: %s"
                            .formatted(what, prompt.token(index), Quoting.list(prompt.tokens())));
        }
        return index;
    }

    /** {@return the quoted text, and the placeholder unless it ends the text} */
    @Override
    public String toString() {
        return Quoting.quoteShort(text)
                + placeholder
                        .filter(span -> span.end() < text.length())
                        .map(
                                span ->
                                        ", placeholder "
                                                + Quoting.quote(span.of(text))
                                                + " at "
                                                + span)
                        .orElse("");
    }
}
