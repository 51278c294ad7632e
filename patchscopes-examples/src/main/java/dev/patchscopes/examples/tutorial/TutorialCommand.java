package dev.patchscopes.examples.tutorial;

import dev.patchscopes.examples.cli.Console;
import dev.patchscopes.examples.cli.ExitStatus;
import dev.patchscopes.examples.cli.UsageException;
import dev.patchscopes.examples.shell.ScriptException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the tutorial's scripts and makes pages of them. */
@Command(
        name = "tutorial",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the tutorial's scripts and makes pages of them, for a browser and without a"
                    + " network."
        })
public final class TutorialCommand implements Callable<Integer> {

    private static final List<Path> SCRIPTS =
            List.of(Path.of("patchscopes-examples", "tutorial"), Path.of("tutorial"));
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Console console;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "where the pages go, ${DEFAULT-VALUE} unless given")
    private Path output = Path.of("target", "tutorial");

    @Option(
            names = "--scripts",
            paramLabel = "DIR",
            description = "scripts to run, those of the clone unless given")
    private Optional<Path> scripts = Optional.empty();

    /**
     * The command.
     *
     * @param console where it says what it does
     */
    public TutorialCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Path folder =
                scripts.or(() -> SCRIPTS.stream().filter(Files::isDirectory).findFirst())
                        .orElseThrow(
                                () ->
                                        new UsageException(
                                                "no folder %s here: start it in a clone of the library, or give --scripts"
                                                        .formatted(SCRIPTS.get(0))));
        try {
            Tutorial.read(folder).build(output, LIMIT, this::report);
        } catch (ScriptException e) {
            console.err().println("error: " + e.getMessage());
            return ExitStatus.UNEXPECTED.code();
        }
        console.out().println(output.resolve("index.html").toAbsolutePath().toUri());
        return ExitStatus.OK.code();
    }

    private void report(Section section) {
        console.out()
                .printf(
                        Locale.ROOT,
                        "%-28s %5.1f s  %2d pictures%n",
                        section.script().name(),
                        section.took().toMillis() / 1000.0,
                        section.pictures());
    }
}
