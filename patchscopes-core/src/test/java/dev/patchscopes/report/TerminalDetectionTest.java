package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.patchscopes.report.Terminal.Colors;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalDetectionTest {

    private static final String XTERM = "xterm-256color";

    private static Colors colors(Map<String, String> environment) {
        return Terminal.of(environment, true).colors();
    }

    @Test
    void aFileIsPlain() {
        assertThat(
                        Terminal.of(
                                Map.of("TERM", XTERM, "COLUMNS", "60", "COLORTERM", "truecolor"),
                                false))
                .isEqualTo(Terminal.plain(100));
    }

    @Test
    void nearlyAllTerminalsKnowATableOfColours() {
        assertThat(Terminal.of(Map.of("TERM", XTERM), true))
                .isEqualTo(new Terminal(80, Colors.INDEXED));
        assertThat(colors(Map.of("TERM", "screen"))).isEqualTo(Colors.INDEXED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"truecolor", "24bit"})
    void someTellThatTheyKnowAll(String colors) {
        assertThat(colors(Map.of("TERM", XTERM, "COLORTERM", colors))).isEqualTo(Colors.TRUE);
        assertThat(colors(Map.of("TERM", "xterm-direct"))).isEqualTo(Colors.TRUE);
        assertThat(colors(Map.of("WT_SESSION", "1"))).isEqualTo(Colors.TRUE);
    }

    @Test
    void aDumbTerminalKnowsNone() {
        assertThat(colors(Map.of("TERM", "dumb", "COLORTERM", "truecolor"))).isEqualTo(Colors.NONE);
        assertThat(colors(Map.of())).isEqualTo(Colors.NONE);
    }

    @Test
    void whoWantsNoColoursGetsNone() {
        assertThat(colors(Map.of("TERM", XTERM, "NO_COLOR", "0"))).isEqualTo(Colors.NONE);
        assertThat(colors(Map.of("TERM", XTERM, "FORCE_COLOR", "0"))).isEqualTo(Colors.NONE);
        assertThat(colors(Map.of("TERM", XTERM, "NO_COLOR", "1", "FORCE_COLOR", "1")))
                .isEqualTo(Colors.NONE);
        // an empty value is none, as the convention has it
        assertThat(colors(Map.of("TERM", XTERM, "NO_COLOR", ""))).isEqualTo(Colors.INDEXED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FORCE_COLOR", "CLICOLOR_FORCE"})
    void whoWantsColoursGetsThemInAFileToo(String variable) {
        assertThat(Terminal.of(Map.of(variable, "1"), false))
                .isEqualTo(new Terminal(100, Colors.INDEXED));
        assertThat(Terminal.of(Map.of(variable, "1", "TERM", "dumb", "COLUMNS", "60"), true))
                .isEqualTo(new Terminal(60, Colors.INDEXED));
        assertThat(Terminal.of(Map.of(variable, "1", "COLORTERM", "24bit"), false).colors())
                .isEqualTo(Colors.TRUE);
        assertThat(Terminal.of(Map.of(variable, "0"), false)).isEqualTo(Terminal.plain(100));
        assertThat(Terminal.of(Map.of(variable, ""), false)).isEqualTo(Terminal.plain(100));
    }

    @ParameterizedTest
    @CsvSource({"60, 60", "200, 200", "10, 20", "0, 80", "-5, 80", "wide, 80", "'', 80"})
    void linesAreAsWideAsTheTerminalTells(String told, int columns) {
        assertThat(Terminal.of(Map.of("TERM", XTERM, "COLUMNS", told), true).columns())
                .isEqualTo(columns);
    }

    @Test
    void aTerminalIsNotTooNarrow() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Terminal.plain(19))
                .withMessage("19 characters to a line are fewer than 20");
    }

    @Test
    void testsRunInNoTerminal() {
        assertThat(TerminalDetection.isInteractive()).isFalse();
    }
}
