package dev.patchscopes.examples.shell;

/** A script did not run to its end; the message names the script, the line and the reason. */
public final class ScriptException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ScriptException(String script, int line, String reason) {
        super("%s, line %d: %s".formatted(script, line, reason));
    }
}
