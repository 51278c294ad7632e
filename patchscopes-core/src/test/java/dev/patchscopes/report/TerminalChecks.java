package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.report.Terminal.Colors;
import java.util.function.Function;
import java.util.regex.Pattern;

/** What holds for all that is written to a terminal, whatever it shows. */
final class TerminalChecks {

    private static final Pattern COLOR = Pattern.compile("\u001b\\[[0-9;]*m");

    private TerminalChecks() {}

    /** Lines are ended, no wider than the terminal, and hold nothing that steers it but colours. */
    static void assertFits(Function<Terminal, String> written, int columns) {
        for (Colors colors : Colors.values()) {
            String text = written.apply(new Terminal(columns, colors));
            assertThat(text.isEmpty() || text.endsWith(System.lineSeparator())).isTrue();
            for (String line : text.split(System.lineSeparator(), -1)) {
                String plain = colors == Colors.NONE ? line : plain(line);
                assertThat(DisplayWidth.of(plain)).as(plain).isLessThanOrEqualTo(columns);
                assertThat(VisibleText.of(plain.strip())).isEqualTo(plain.strip());
                assertThat(line.lastIndexOf("\u001b[")).isEqualTo(line.lastIndexOf("\u001b[0m"));
            }
        }
    }

    /** The text without its colours. */
    static String plain(String text) {
        return COLOR.matcher(text).replaceAll("");
    }
}
