package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Words between pictures.
 *
 * @param heading heading of what follows; empty for none
 * @param text plain text; empty lines part its paragraphs; empty for none
 */
public record Prose(String heading, String text) implements Block {

    /**
     * Checks that something is said.
     *
     * @param heading heading
     * @param text plain text
     * @throws IllegalArgumentException if both are empty
     */
    public Prose {
        checkArgument(!heading.isEmpty() || !text.isEmpty(), "neither a heading nor a text");
    }

    /**
     * Paragraphs without a heading.
     *
     * @param text plain text; empty lines part its paragraphs
     * @return the words
     */
    public static Prose of(String text) {
        return new Prose("", text);
    }

    /**
     * A heading.
     *
     * @param heading heading of what follows
     * @return the words
     */
    public static Prose heading(String heading) {
        return new Prose(heading, "");
    }

    @Override
    public String toText(Terminal terminal) {
        return TextProse.of(this, terminal);
    }

    @Override
    public String toMarkdown() {
        return TextProse.markdown(this);
    }
}
