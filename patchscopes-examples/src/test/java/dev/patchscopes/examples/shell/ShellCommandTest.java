package dev.patchscopes.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.examples.cli.Console;
import dev.patchscopes.model.HookedModel;
import java.io.File;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ShellCommandTest {

    private static final Path START_UP = Path.of("start.jsh");

    @Test
    void startsTheJShellOfThisJava() {
        List<String> command = command();

        assertThat(Path.of(command.get(0)).getParent().getParent())
                .isEqualTo(Path.of(System.getProperty("java.home")));
        assertThat(command)
                .containsSequence("--startup", "DEFAULT", "--startup", "start.jsh")
                .contains("-R-Djshell=true", "-R-Dpatchscopes.terminal=100,none")
                .doesNotContain("-R-Dpatchscopes.show=browser");
    }

    @Test
    void handsOnWhatTheEngineWasTold() {
        System.setProperty("ai.djl.of.this.test", "4");
        try {
            assertThat(command()).contains("-R-Dai.djl.of.this.test=4");
        } finally {
            System.clearProperty("ai.djl.of.this.test");
        }
    }

    @Test
    void handsOnChoicesAndScripts() {
        assertThat(command("--heap", "8g", "--show", "browser", "a.jsh", "b.jsh"))
                .contains("-R-Xmx8g", "-R-Dpatchscopes.show=browser")
                .endsWith("a.jsh", "b.jsh");
    }

    @Test
    void givesItsOwnClassPathWithoutWhatIsNotThere() {
        List<String> command = command();
        String[] entries =
                command.get(command.indexOf("--class-path") + 1).split(File.pathSeparator);

        assertThat(entries).allMatch(entry -> Files.exists(Path.of(entry)));
        assertThat(Stream.of(LibraryVersion.class, HookedModel.class, ShellCommand.class))
                .allSatisfy(
                        type ->
                                assertThat(entries)
                                        .contains(
                                                Path.of(
                                                                type.getProtectionDomain()
                                                                        .getCodeSource()
                                                                        .getLocation()
                                                                        .toURI())
                                                        .toString()));
    }

    @ParameterizedTest
    @CsvSource({"'45 110\n',110", "'0 0',", "'1 19',", "'',", "stty: no,"})
    void readsTheWidthOfTheWindow(String said, Integer columns) {
        assertThat(WindowSize.columns(said).orElse(null)).isEqualTo(columns);
    }

    private static List<String> command(String... args) {
        ShellCommand command =
                new ShellCommand(
                        Console.of(
                                OutputStream.nullOutputStream(), OutputStream.nullOutputStream()));
        new CommandLine(command).parseArgs(args);
        return command.command(START_UP);
    }
}
