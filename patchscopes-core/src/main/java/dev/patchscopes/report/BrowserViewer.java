package dev.patchscopes.report;

import java.awt.AWTError;
import java.awt.Desktop;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Opens pages in the browser, or says where they are.
 *
 * @param opener opens an address and says whether it could
 * @param terminal what the terminal can show
 * @param out the terminal
 */
record BrowserViewer(Opener opener, Terminal terminal, PrintStream out) implements Viewer {

    @FunctionalInterface
    interface Opener {
        boolean open(URI address);
    }

    @Override
    public void show(Viewable viewable) {
        Page page = viewable.page();
        Path file;
        try {
            // The browser may read it long after this program has ended, so it is not deleted.
            file = Files.createTempFile("patchscopes-", ".html");
            page.writeHtml(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write a page to show: " + e.getMessage(), e);
        }
        if (opener.open(file.toUri())) {
            out.println("opened " + file);
        } else {
            out.print(page.toText(terminal));
            out.println("no browser to open it in; the page is " + file);
        }
        out.flush();
    }

    /** Whether this is a desktop session with a browser. */
    static boolean canOpen() {
        try {
            return !GraphicsEnvironment.isHeadless()
                    && Desktop.isDesktopSupported()
                    && Desktop.getDesktop().isSupported(Desktop.Action.BROWSE);
        } catch (AWTError | LinkageError e) {
            // a display that is gone, or a Java without windows
            return false;
        }
    }

    static boolean openOnDesktop(URI address) {
        if (!canOpen()) {
            return false;
        }
        try {
            Desktop.getDesktop().browse(address);
            return true;
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            return false;
        }
    }
}
