package dev.patchscopes.report;

/** What a {@link Page} is made of. */
public sealed interface Block permits Figure, Table, Prose {

    /**
     * Writes it for a terminal.
     *
     * @param terminal what the terminal can show
     * @return lines, the last one ended too
     */
    String toText(Terminal terminal);

    /** {@return it as Markdown (GitHub's tables); a figure as the table of its values} */
    String toMarkdown();
}
