package dev.patchscopes.report;

/** Words for a terminal and as Markdown. */
final class TextProse {

    private TextProse() {}

    static String of(Prose prose, Terminal terminal) {
        return new TextLines(terminal).title(prose.heading()).words(prose.text()).toString();
    }

    static String markdown(Prose prose) {
        String heading =
                prose.heading().isEmpty()
                        ? ""
                        : "## " + MarkdownText.inline(prose.heading()) + "\n";
        String text = MarkdownText.paragraphs(prose.text());
        return heading.isEmpty() || text.isEmpty() ? heading + text : heading + "\n" + text;
    }
}
