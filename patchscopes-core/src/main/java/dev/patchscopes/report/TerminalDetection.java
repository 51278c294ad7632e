package dev.patchscopes.report;

import com.google.common.base.Strings;
import com.google.common.primitives.Ints;
import dev.patchscopes.report.Terminal.Colors;
import java.io.Console;
import java.util.Map;
import java.util.Optional;

/**
 * What the environment says of the terminal, by the conventions that most programs follow: COLUMNS
 * (POSIX), NO_COLOR (no-color.org), CLICOLOR_FORCE and FORCE_COLOR, TERM and COLORTERM.
 */
final class TerminalDetection {

    private static final int NARROWEST = 20;

    /** A terminal that does not tell, as most open. */
    private static final int USUAL_COLUMNS = 80;

    /** A file or another program. */
    private static final int COLUMNS_ELSEWHERE = 100;

    private final Map<String, String> environment;

    private TerminalDetection(Map<String, String> environment) {
        this.environment = environment;
    }

    static Terminal of(Map<String, String> environment, boolean interactive) {
        TerminalDetection detection = new TerminalDetection(environment);
        if (!interactive && !detection.isForced()) {
            return Terminal.plain(COLUMNS_ELSEWHERE);
        }
        return new Terminal(
                detection.columns(interactive ? USUAL_COLUMNS : COLUMNS_ELSEWHERE),
                detection.colors());
    }

    private String variable(String name) {
        return Strings.nullToEmpty(environment.get(name));
    }

    private int columns(int otherwise) {
        return Optional.ofNullable(Ints.tryParse(variable("COLUMNS")))
                .filter(columns -> columns > 0)
                .map(columns -> Math.max(NARROWEST, columns))
                .orElse(otherwise);
    }

    private boolean isForced() {
        return isOn(variable("FORCE_COLOR")) || isOn(variable("CLICOLOR_FORCE"));
    }

    private static boolean isOn(String value) {
        return !value.isEmpty() && !isOff(value);
    }

    private static boolean isOff(String value) {
        return value.equals("0") || value.equals("false");
    }

    /** Who wants no colours is heard before who wants them. */
    private Colors colors() {
        String term = variable("TERM");
        if (!variable("NO_COLOR").isEmpty() || isOff(variable("FORCE_COLOR"))) {
            return Colors.NONE;
        }
        boolean knowsNone = term.isEmpty() && !isWindowsTerminal() || term.equals("dumb");
        if (knowsNone && !isForced()) {
            return Colors.NONE;
        }
        return knowsAll(term) ? Colors.TRUE : Colors.INDEXED;
    }

    private boolean knowsAll(String term) {
        String colors = variable("COLORTERM");
        return colors.equals("truecolor")
                || colors.equals("24bit")
                || term.endsWith("-direct")
                || variable("FORCE_COLOR").equals("3")
                || isWindowsTerminal();
    }

    /** It sets no TERM, and knows all colours. */
    private boolean isWindowsTerminal() {
        return !variable("WT_SESSION").isEmpty();
    }

    /** Whether both input and output are a terminal's. */
    @SuppressWarnings("SystemConsoleNull") // from Java 22 on, the console itself is asked too
    static boolean isInteractive() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException beforeJava22) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
