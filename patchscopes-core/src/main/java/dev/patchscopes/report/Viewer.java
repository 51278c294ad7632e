package dev.patchscopes.report;

import java.io.PrintStream;
import java.nio.file.Path;

/**
 * Where things are shown.
 *
 * <pre>{@code
 * Viewer.standard().show(LogitLens.of(model).read("The capital of France is"));
 * }</pre>
 */
public sealed interface Viewer permits TerminalViewer, BrowserViewer, FolderViewer {

    /**
     * The system property that says where {@link #standard()} shows things: {@value}, which is
     * {@code terminal}, {@code browser}, or a folder.
     */
    String SHOW_PROPERTY = "patchscopes.show";

    /**
     * The system property that says what the terminal can show, {@value}: its columns, and after a
     * comma {@code none}, {@code indexed} or {@code true} for its colours, as in {@code 100,true}.
     * Needed where a program cannot find out, as in the JVM that JShell runs snippets in.
     */
    String TERMINAL_PROPERTY = "patchscopes.terminal";

    /**
     * The one that the system property {@value #SHOW_PROPERTY} names; without it the browser in a
     * desktop session, else the terminal.
     *
     * @return the viewer
     * @throws IllegalArgumentException if the property {@value #TERMINAL_PROPERTY} is not of the
     *     form {@code 100} or {@code 100,true}
     */
    static Viewer standard() {
        return ViewerSettings.viewer(System.getProperties(), BrowserViewer::canOpen);
    }

    /**
     * The terminal, or whatever standard output goes to.
     *
     * @param terminal what it can show
     * @return the viewer
     */
    static Viewer terminal(Terminal terminal) {
        return new TerminalViewer(terminal, ViewerSettings.standardOutput());
    }

    /**
     * Text written to a stream.
     *
     * @param terminal what reads it can show
     * @param out where to; not closed
     * @return the viewer
     */
    static Viewer terminal(Terminal terminal, PrintStream out) {
        return new TerminalViewer(terminal, out);
    }

    /**
     * The browser of the desktop session. Without one, the text is printed, with the path of the
     * page.
     *
     * @return the viewer
     * @throws IllegalArgumentException if the property {@value #TERMINAL_PROPERTY} is not of the
     *     form {@code 100} or {@code 100,true}
     */
    static Viewer browser() {
        return ViewerSettings.browser(System.getProperties());
    }

    /**
     * A folder of files, numbered in the order of showing after those already there: {@code
     * 001.html}, the fragment of a page; {@code 001.svg}, its figure, and {@code 001-2.svg} and so
     * on, its further ones; {@code 001.txt}, its text, 100 columns wide. Nothing is printed.
     *
     * @param folder where to; made when something is shown
     * @return the viewer
     */
    static Viewer folder(Path folder) {
        return new FolderViewer(folder);
    }

    /**
     * Shows it.
     *
     * @param viewable what to show
     * @throws java.io.UncheckedIOException if a file of it cannot be written
     */
    void show(Viewable viewable);
}
