package dev.patchscopes.examples.shell;

import java.util.Locale;
import java.util.stream.Collectors;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.SnippetEvent;
import jdk.jshell.UnresolvedReferenceException;

/** Why a snippet failed, in words. */
final class Reasons {

    private Reasons() {}

    static String of(JShellException exception) {
        if (exception instanceof EvalException thrown) {
            return thrown.getExceptionClassName()
                    + (thrown.getMessage() == null ? "" : ": " + thrown.getMessage())
                    + trace(thrown)
                    + (thrown.getCause() == null ? "" : "\ncaused by " + of(thrown.getCause()));
        }
        if (exception instanceof UnresolvedReferenceException unresolved) {
            return "uses what is not declared: " + unresolved.getSnippet().source().strip();
        }
        return exception.toString();
    }

    /**
     * The diagnostics of a snippet that was rejected, or works only once more is declared.
     *
     * @param line number of the first line of the snippet's code
     */
    static String of(JShell shell, SnippetEvent event, int line) {
        String source = event.snippet().source();
        int first = SourceText.linesBefore(source, SourceText.codeStart(source, 0));
        return shell.diagnostics(event.snippet())
                .filter(Diag::isError)
                .map(
                        diag ->
                                diag.getMessage(Locale.ROOT)
                                        + " (line %d)"
                                                .formatted(
                                                        line
                                                                - first
                                                                + SourceText.linesBefore(
                                                                        source,
                                                                        (int) Math.max(0, diag.getPosition()))))
                .collect(
                        Collectors.collectingAndThen(
                                Collectors.joining("\n"),
                                all -> all.isEmpty() ? "not valid: " + event.status() : all));
    }

    /** Where it was thrown, without the frames of JShell. */
    private static String trace(EvalException thrown) {
        StringBuilder trace = new StringBuilder();
        for (StackTraceElement frame : thrown.getStackTrace()) {
            if (!frame.getClassName().startsWith("REPL.")) {
                trace.append("\n    at ").append(frame);
            }
        }
        return trace.toString();
    }
}
