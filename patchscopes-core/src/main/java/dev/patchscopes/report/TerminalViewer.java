package dev.patchscopes.report;

import java.io.PrintStream;

record TerminalViewer(Terminal terminal, PrintStream out) implements Viewer {

    @Override
    public void show(Viewable viewable) {
        out.print(viewable.page().toText(terminal));
        out.flush();
    }
}
