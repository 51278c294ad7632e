package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Map;

/**
 * What a terminal can show.
 *
 * @param columns characters to a line, at least 20
 * @param colors colours it knows
 */
public record Terminal(int columns, Colors colors) {

    /** Colours a terminal knows. */
    public enum Colors {
        /** None: plain text. */
        NONE,
        /** A table of 256, as nearly all know. */
        INDEXED,
        /** Any, by red, green and blue. */
        TRUE
    }

    /**
     * Checks the width.
     *
     * @param columns characters to a line
     * @param colors colours it knows
     * @throws IllegalArgumentException if there are fewer than 20 characters to a line
     */
    public Terminal {
        checkArgument(columns >= 20, "%s characters to a line are fewer than 20", columns);
    }

    /**
     * One without colours.
     *
     * @param columns characters to a line, at least 20
     * @return the terminal
     */
    public static Terminal plain(int columns) {
        return new Terminal(columns, Colors.NONE);
    }

    /**
     * The one this program runs in: plain, 100 columns wide, if its output goes elsewhere.
     *
     * @return the terminal, as the environment's COLUMNS, TERM, COLORTERM and NO_COLOR tell
     */
    public static Terminal detect() {
        return of(System.getenv(), TerminalDetection.isInteractive());
    }

    static Terminal of(Map<String, String> environment, boolean interactive) {
        return TerminalDetection.of(environment, interactive);
    }
}
