package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Pictures, tables and words on one page.
 *
 * <p>As HTML it is one file that needs nothing else: no network, no server. It follows the
 * browser's light or dark setting and prints in light. In a heat map, pointing at a cell, or
 * walking to it with the arrow keys, shows what it holds; {@code c} copies it.
 *
 * @param title what the page is about
 * @param blocks from the top
 */
public record Page(String title, ImmutableList<Block> blocks) implements Viewable {

    /**
     * A page.
     *
     * @param title what the page is about
     * @param blocks from the top
     * @return the page
     */
    public static Page of(String title, Block... blocks) {
        return new Page(title, ImmutableList.copyOf(blocks));
    }

    /**
     * A page.
     *
     * @param title what the page is about
     * @param blocks from the top
     * @return the page
     */
    public static Page of(String title, List<? extends Block> blocks) {
        return new Page(title, ImmutableList.copyOf(blocks));
    }

    /** {@return a whole document} */
    public String toHtml() {
        return HtmlPage.document(this);
    }

    /**
     * Writes the blocks for a place in another document, such as a cell of a notebook. Style and
     * script come with it and touch nothing outside it; many fragments in one document do not
     * disturb each other.
     *
     * @return an HTML element with all it needs
     */
    public String toHtmlFragment() {
        return HtmlPage.fragment(this);
    }

    /**
     * Writes the document.
     *
     * @param file where to; replaced if it exists
     * @throws IOException if it cannot be written
     */
    public void writeHtml(Path file) throws IOException {
        WholeFile.write(file, toHtml());
    }

    /** {@return it as Markdown, figures as tables} */
    public String toMarkdown() {
        return "# %s\n\n".formatted(MarkdownText.inline(title))
                + blocks.stream().map(Block::toMarkdown).collect(Collectors.joining("\n"));
    }

    /**
     * Writes it for a terminal.
     *
     * @param terminal what the terminal can show
     * @return lines, the last one ended too
     */
    public String toText(Terminal terminal) {
        return blocks.stream()
                .map(block -> block.toText(terminal))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    /** {@return itself} */
    @Override
    public Page page() {
        return this;
    }

    /** {@return it for a terminal without colours, 100 columns wide} */
    @Override
    public String toString() {
        return toText(Terminal.plain(100));
    }
}
