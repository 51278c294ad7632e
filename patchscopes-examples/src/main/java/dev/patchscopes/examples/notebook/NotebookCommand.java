package dev.patchscopes.examples.notebook;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.patchscopes.examples.cli.Console;
import dev.patchscopes.examples.cli.ExitStatus;
import dev.patchscopes.examples.shell.ScriptException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs a notebook without Jupyter and stores what its cells show. */
@Command(
        name = "notebook",
        mixinStandardHelpOptions = true,
        description =
                "Runs a notebook of Java without Jupyter, and stores what its cells show in it.")
public final class NotebookCommand implements Callable<Integer> {

    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description =
                    "the notebook, that of the clone unless given; replaced once all cells have"
                            + " run")
    private Path file = Path.of("patchscopes-examples", "notebooks", "patchscopes.ipynb");

    /**
     * The command.
     *
     * @param console where it says what it does
     */
    public NotebookCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Path displayed = Files.createTempDirectory("patchscopes-notebook-");
        try {
            Notebook run =
                    NotebookRun.run(
                            Notebook.read(file), file.getFileName().toString(), displayed, LIMIT);
            Files.writeString(file, run.toJson(), StandardCharsets.UTF_8);
            console.out().printf("%d cells run%n", run.code().size());
            return ExitStatus.OK.code();
        } catch (ScriptException e) {
            console.err().println("error: " + e.getMessage());
            return ExitStatus.UNEXPECTED.code();
        } finally {
            MoreFiles.deleteRecursively(displayed, RecursiveDeleteOption.ALLOW_INSECURE);
        }
    }
}
