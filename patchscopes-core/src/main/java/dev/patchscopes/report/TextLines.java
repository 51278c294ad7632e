package dev.patchscopes.report;

/** Lines for a terminal, each ended. */
final class TextLines {

    private final Terminal terminal;
    private final Ansi ansi;
    private final StringBuilder out = new StringBuilder();

    TextLines(Terminal terminal) {
        this.terminal = terminal;
        this.ansi = new Ansi(terminal.colors());
    }

    /** Adds a title, in as many lines as it takes; none if it is empty. */
    TextLines title(String title) {
        TerminalText.wrap(title, terminal.columns()).forEach(line -> add(ansi.bold(line)));
        return this;
    }

    /** Adds words, in as many lines as they take; none if there are none. */
    TextLines words(String text) {
        TerminalText.wrap(text, terminal.columns()).forEach(this::add);
        return this;
    }

    /** Adds a line that fits, without the spaces at its end. */
    TextLines add(String line) {
        out.append(line.stripTrailing()).append(System.lineSeparator());
        return this;
    }

    /** Adds lines that are ended. */
    TextLines block(String lines) {
        out.append(lines);
        return this;
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
