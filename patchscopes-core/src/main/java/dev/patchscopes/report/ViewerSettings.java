package dev.patchscopes.report;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where things are shown, as system properties say. */
final class ViewerSettings {

    private static final Pattern TERMINAL = Pattern.compile("(\\d{1,5})(?:,(none|indexed|true))?");

    private ViewerSettings() {}

    static Viewer viewer(Properties properties, BooleanSupplier desktop) {
        String show = properties.getProperty(Viewer.SHOW_PROPERTY, "");
        return switch (show) {
            case "" -> desktop.getAsBoolean() ? browser(properties) : text(properties);
            case "terminal" -> text(properties);
            case "browser" -> browser(properties);
            default -> new FolderViewer(Path.of(show));
        };
    }

    static Viewer browser(Properties properties) {
        return new BrowserViewer(
                BrowserViewer::openOnDesktop, terminal(properties), standardOutput());
    }

    /** Standard output in UTF-8, whatever the locale: pictures hold characters that others lack. */
    static PrintStream standardOutput() {
        return new PrintStream(System.out, true, StandardCharsets.UTF_8);
    }

    static Terminal terminal(Properties properties) {
        String said = properties.getProperty(Viewer.TERMINAL_PROPERTY, "");
        if (said.isEmpty()) {
            return Terminal.detect();
        }
        Matcher matcher = TERMINAL.matcher(said);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "the system property %s is \"%s\", not columns such as 100, or 100,none or 100,indexed or 100,true with colours"
                            .formatted(Viewer.TERMINAL_PROPERTY, said));
        }
        Terminal.Colors colors =
                matcher.group(2) == null
                        ? Terminal.Colors.NONE
                        : Terminal.Colors.valueOf(matcher.group(2).toUpperCase(Locale.ROOT));
        return new Terminal(Integer.parseInt(matcher.group(1)), colors);
    }

    private static Viewer text(Properties properties) {
        return new TerminalViewer(terminal(properties), standardOutput());
    }
}
