package dev.patchscopes.report;

import java.util.List;
import java.util.stream.Collectors;

/** A table as GitHub's Markdown: a title that stands out, the table, and words beneath. */
final class MarkdownTable {

    private final StringBuilder out = new StringBuilder();

    /**
     * Starts with a title.
     *
     * @param title plain text; empty for none
     */
    MarkdownTable(String title) {
        if (!title.isEmpty()) {
            out.append(MarkdownText.bold(title)).append("\n\n");
        }
    }

    /**
     * Adds the header.
     *
     * @param columns names as Markdown
     * @param numeric whether each column's cells stand to the right
     */
    MarkdownTable header(List<String> columns, List<Boolean> numeric) {
        row(columns);
        return row(numeric.stream().map(right -> right ? "---:" : "---").toList());
    }

    /**
     * Adds a row.
     *
     * @param cells Markdown, one a column
     */
    MarkdownTable row(List<String> cells) {
        if (!cells.isEmpty()) {
            out.append(cells.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
        }
        return this;
    }

    /**
     * Ends with words.
     *
     * @param text plain text; empty for none
     */
    String with(String text) {
        String words = MarkdownText.paragraphs(text);
        return words.isEmpty() ? out.toString() : out.append('\n').append(words).toString();
    }
}
