package dev.patchscopes.examples.shell;

import dev.patchscopes.examples.cli.Console;
import dev.patchscopes.report.Terminal;
import dev.patchscopes.report.Viewer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Opens JShell with the library in it. */
@Command(
        name = "shell",
        mixinStandardHelpOptions = true,
        description = "Opens JShell with the library in it.",
        footer = {
            "",
            "There, model() is the small model that comes with the library, model(\"DIR\") a",
            "checkpoint, and show(x) shows the pictures of a result:",
            "",
            "  var m = model()",
            "  show(LogitLens.of(m).read(\"The capital of France is\"))",
            "",
            "Tab completes, /exit or Ctrl-D ends."
        })
public final class ShellCommand implements Callable<Integer> {

    private static final String GREETING =
            """
            |  model() is the small model, model("directory") one of yours; try
            |  show(LogitLens.of(model()).read("The capital of France is"))""";

    private final Console console;

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            description = "largest heap of its JVM, such as 8g; weights are not kept there")
    private Optional<String> heap = Optional.empty();

    @Option(
            names = "--show",
            paramLabel = "WHERE",
            description =
                    "where pictures go: terminal, browser or a folder; the browser in a desktop"
                            + " session and else the terminal, unless given")
    private Optional<String> show = Optional.empty();

    @Parameters(paramLabel = "FILE", description = "scripts to run first")
    private List<Path> scripts = List.of();

    /**
     * The command.
     *
     * @param console where it runs
     */
    public ShellCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path startUp = Files.createTempFile("patchscopes-", ".jsh");
        try {
            Files.writeString(startUp, StartUp.patchscopes());
            console.out().println(GREETING);
            return run(command(startUp));
        } finally {
            Files.deleteIfExists(startUp);
        }
    }

    /** The program, not its classes in this JVM: Maven stands between this JVM and the terminal. */
    List<String> command(Path startUp) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "jshell").toString());
        command.add("--class-path");
        command.add(LaunchedClassPath.get());
        for (String file : List.of("DEFAULT", startUp.toString())) {
            command.add("--startup");
            command.add(file);
        }
        RemoteVm.options().forEach(option -> command.add("-R" + option));
        heap.ifPresent(size -> command.add("-R-Xmx" + size));
        show.ifPresent(where -> command.add("-R-D%s=%s".formatted(Viewer.SHOW_PROPERTY, where)));
        command.add("-R-D%s=%s".formatted(Viewer.TERMINAL_PROPERTY, terminal()));
        scripts.forEach(script -> command.add(script.toString()));
        return command;
    }

    /** Shells seldom tell programs the width of their window. */
    private String terminal() {
        Terminal terminal = console.terminal();
        int columns =
                Optional.of(terminal.columns())
                        .filter(
                                known ->
                                        !console.outIsTerminal()
                                                || System.getenv("COLUMNS") != null)
                        .or(WindowSize::columns)
                        .orElse(terminal.columns());
        return columns + "," + terminal.colors().name().toLowerCase(Locale.ROOT);
    }

    /** Ctrl-C is for the shell, which goes on; this JVM, which gets it too, waits for its end. */
    private static int run(List<String> command) throws IOException, InterruptedException {
        Process shell = new ProcessBuilder(command).inheritIO().start();
        Thread wait =
                new Thread(
                        () -> {
                            try {
                                shell.waitFor();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "patchscopes-shell");
        Runtime.getRuntime().addShutdownHook(wait);
        int status = shell.waitFor();
        try {
            Runtime.getRuntime().removeShutdownHook(wait);
        } catch (IllegalStateException e) {
            // This JVM is ending already.
        }
        return status;
    }
}
