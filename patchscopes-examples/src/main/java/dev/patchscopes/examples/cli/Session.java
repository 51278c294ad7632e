package dev.patchscopes.examples.cli;

import java.util.function.BooleanSupplier;

/**
 * What commands share.
 *
 * @param console where they write
 * @param switches what the program was told for all of them
 * @param stopped tells whether to end early
 */
public record Session(Console console, Switches switches, BooleanSupplier stopped) {

    /**
     * Tells the user something that is not the result.
     *
     * @param note a line
     */
    void note(String note) {
        if (!switches.isQuiet()) {
            console.err().println(note);
        }
    }
}
