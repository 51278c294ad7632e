package dev.patchscopes.examples.cli;

import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Switches of the program and of each of its commands. */
public final class Switches {

    /** Shows where an error happened. */
    public static final String DEBUG = "--debug";

    private boolean quiet;
    private boolean debug;

    /**
     * Sets whether results alone are written.
     *
     * @param value whether to be quiet
     */
    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "no progress bar, no notes: results and errors only")
    void setQuiet(boolean value) {
        quiet = value;
    }

    /**
     * Sets whether errors say where they happened.
     *
     * @param value whether to say it
     */
    @Option(
            names = DEBUG,
            scope = ScopeType.INHERIT,
            description = "show where in the program an error happened")
    void setDebug(boolean value) {
        debug = value;
    }

    /** {@return whether results alone are written} */
    public boolean isQuiet() {
        return quiet;
    }

    /** {@return whether errors say where they happened} */
    public boolean isDebug() {
        return debug;
    }
}
