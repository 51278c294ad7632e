package dev.patchscopes.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ScriptRunnerTest {

    private static ScriptRunner runner;

    @BeforeAll
    static void open() {
        runner = ScriptRunner.open(Duration.ofMinutes(5), "-Dthe.option=given");
    }

    @AfterAll
    static void close() {
        runner.close();
    }

    @Test
    void tellsWhatEachSnippetPrintedAndIsWorth() {
        List<SnippetResult> results =
                run(
                        """
                        // a list
                        var words = new ArrayList<>(List.of("é", "→")); // of two
                        System.out.print(words.get(0)); System.out.println("\\n" + words.get(1));
                        words.size()
                        words.size();
                        words
                        int size = words.size();
                        size = 3;
                        String twice(String text) {
                            return text + text;
                        }

                        /* the end */
                        twice("a")
                        // no more
                        """);

        assertThat(results.stream().map(SnippetResult::output).toList())
                .containsExactly("", "é", "\n→\n", "", "", "", "", "", "", "");
        assertThat(results.stream().map(SnippetResult::value).toList())
                .containsExactly("", "", "", "2", "2", "[é, →]", "", "", "", "\"aa\"");
        assertThat(results.stream().map(SnippetResult::line).toList())
                .containsExactly(13, 14, 14, 15, 16, 17, 18, 19, 20, 25);
        assertThat(results.get(0).source())
                .isEqualTo(
                        "// a list\nvar words = new ArrayList<>(List.of(\"é\", \"→\")); // of two\n");
        assertThat(results.get(9).source()).isEqualTo("\n/* the end */\ntwice(\"a\")\n");
    }

    @Test
    void runsInAJvmOfItsOwnWithTheClassPathAndOptionsGiven() {
        List<SnippetResult> results =
                run(
                        """
                        System.getProperty("the.option")
                        ProcessHandle.current().pid()
                        dev.patchscopes.LibraryVersion.current()
                        """);

        assertThat(results.get(0).value()).isEqualTo("\"given\"");
        assertThat(results.get(1).value())
                .isNotEqualTo(Long.toString(ProcessHandle.current().pid()));
        assertThat(results.get(2).value()).hasSizeGreaterThan(4);
    }

    @Test
    void handsOverEachResultBeforeTheNextSnippetRuns() {
        List<String> seen = new ArrayList<>();

        assertThatThrownBy(
                        () ->
                                runner.runLines(
                                        "s",
                                        1,
                                        "1 + 1\nint x = 1 / 0;\n2 + 2",
                                        result -> seen.add(result.value())))
                .isInstanceOf(ScriptException.class);

        assertThat(seen).containsExactly("2");
    }

    @Test
    void rejectsWhatDoesNotCompile() {
        assertThatThrownBy(() -> run("int a = 1;\n\n// b\nint b =\n    undefinedName + 1;"))
                .isInstanceOf(ScriptException.class)
                .hasMessageContaining("s, line 15: cannot find symbol")
                .hasMessageContaining("undefinedName")
                .hasMessageContaining("(line 16)");
    }

    @Test
    void rejectsAMethodThatUsesWhatIsNotDeclared() {
        assertThatThrownBy(() -> run("int twice(int n) {\n    return undeclared(n);\n}"))
                .isInstanceOf(ScriptException.class)
                .hasMessageContaining("s, line 12: ")
                .hasMessageContaining("undeclared");
    }

    @Test
    void stopsAtAnException() {
        assertThatThrownBy(() -> run("int c = 1;\nList.of(1).get(c);\nc = 2;"))
                .isInstanceOf(ScriptException.class)
                .hasMessageContaining("s, line 13: java.lang.IndexOutOfBoundsException")
                .hasMessageContaining("\nList.of(1).get(c);");
    }

    @Test
    void refusesAStatementThatIsNotComplete() {
        assertThatThrownBy(() -> run("int d = 1;\nif (d > 0) {\n"))
                .isInstanceOf(ScriptException.class)
                .hasMessageContaining("s, line 13: the statement is not complete");
    }

    @Test
    void stopsWhatTakesTooLong() {
        try (ScriptRunner brief = ScriptRunner.open(Duration.ofSeconds(3))) {
            assertThatThrownBy(
                            () ->
                                    brief.runLines(
                                            "s", 7, "while (true) {\n}\nint x = 1;", done -> {}))
                    .isInstanceOf(ScriptException.class)
                    .hasMessage("s, line 7: not done after 3 s, so stopped");
        }
    }

    @Test
    void saysThatTheJvmOfTheScriptEnded() {
        try (ScriptRunner brief = ScriptRunner.open(Duration.ofMinutes(1))) {
            assertThatThrownBy(
                            () -> brief.runLines("s", 7, "\nSystem.exit(3);\nint x = 1;", done -> {}))
                    .isInstanceOf(ScriptException.class)
                    .hasMessageContaining("its JVM ended");
        }
    }

    @Test
    void takesALineThatIsCompleteForAllThereIsAsJShellDoes() {
        assertThatThrownBy(() -> run("var n = List.of(1)\n    .size();"))
                .isInstanceOf(ScriptException.class)
                .hasMessageContaining("s, line 13: illegal start of expression");
        assertThat(run("var n = List.of(1).\n    size();\nn").get(1).value()).isEqualTo("1");
    }

    @Test
    void readsACellToItsSemicolons() {
        List<SnippetResult> results =
                runner.runCell(
                        "s",
                        12,
                        "var k = List.of(1)\n    .size();\n// twice\n2 * k // it is",
                        done -> {});

        assertThat(results.stream().map(SnippetResult::value).toList()).containsExactly("", "2");
        assertThat(results.get(1).line()).isEqualTo(15);
        assertThat(results.get(1).source()).isEqualTo("// twice\n2 * k // it is");
    }

    private static List<SnippetResult> run(String source) {
        return runner.runLines("s", 12, source, done -> {});
    }
}
