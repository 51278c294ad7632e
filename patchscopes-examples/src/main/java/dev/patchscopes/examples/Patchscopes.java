package dev.patchscopes.examples;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.examples.cli.Commands;
import dev.patchscopes.examples.cli.Console;
import dev.patchscopes.examples.cli.ErrorReport;
import dev.patchscopes.examples.cli.ExitStatus;
import dev.patchscopes.examples.cli.Interruption;
import dev.patchscopes.examples.cli.Session;
import dev.patchscopes.examples.cli.Switches;
import dev.patchscopes.examples.notebook.NotebookCommand;
import dev.patchscopes.examples.shell.ShellCommand;
import dev.patchscopes.examples.tutorial.TutorialCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/**
 * The program: {@link QuickStart}, and a subcommand for each way of looking inside a model.
 *
 * <pre>{@code
 * mvn -q compile exec:java
 * mvn -q compile exec:java -Dexec.args="read --prompt 'The capital of France is'"
 * }</pre>
 */
@Command(
        name = Patchscopes.NAME,
        mixinStandardHelpOptions = true,
        versionProvider = Patchscopes.Version.class,
        description = "Reads what the hidden representations of a language model hold.",
        footer = {
            "",
            "  mvn -q compile exec:java -Dexec.args=\"COMMAND --help\"",
            "",
            "Without a command, a first look: a tour of the small model that comes with the",
            "library, or with --prompt the next tokens, layers and continuation of a text.",
            "",
            "GPT-2 is a small model to begin with: --model gpt2 fetches its 550 MB once."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:well",
            "1:an error nobody foresaw",
            "2:a wrong option or value, or a file that cannot be read or written",
            "3:a model that cannot be loaded",
            "130:cancelled, as by Ctrl-C"
        })
public final class Patchscopes implements Callable<Integer> {

    static final String NAME = "patchscopes";

    private final Session session;

    @Option(
            names = "--prompt",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "TEXT",
            description = "what the model reads; may be empty")
    private Optional<String> prompt = Optional.empty();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = {
                "the name of a model on the Hugging Face hub, such as gpt2, or a directory in"
                        + " its layout: config.json,"
                        + " model.safetensors (or shards, or pytorch_model.bin) and"
                        + " tokenizer.json; the small model unless given"
            })
    private Optional<String> model = Optional.empty();

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "length of the continuation in tokens, 40 unless given")
    private Optional<String> tokens = Optional.empty();

    private Patchscopes(Session session) {
        this.session = session;
    }

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        int status = execute(Console.system(), args);
        if (status != 0) {
            System.exit(status);
        }
    }

    /**
     * Runs the program.
     *
     * @param console where it writes
     * @param args see {@code --help}
     * @return the exit status, 0 if all went well
     */
    public static int execute(Console console, String... args) {
        try (Interruption interruption = Interruption.listen()) {
            return execute(console, interruption, args);
        }
    }

    /**
     * Runs the program, and ends it early when told to.
     *
     * @param console where it writes
     * @param stopped asked often by long work
     * @param args see {@code --help}
     * @return the exit status, 0 if all went well
     */
    public static int execute(Console console, BooleanSupplier stopped, String... args) {
        Session session = new Session(console, new Switches(), stopped);
        try {
            return commandLine(session).execute(args);
        } catch (Error e) {
            return new ErrorReport(console.err()).report(e, NAME, session.switches().isDebug());
        }
    }

    /** The program with its commands, as help lists them. */
    static CommandLine commandLine(Session session) {
        CommandLine program = new CommandLine(new Patchscopes(session));
        program.addMixin("switches", session.switches()); // before the commands, which inherit them
        Commands.of(session).forEach(program::addSubcommand);
        program.addSubcommand(new TutorialCommand(session.console()));
        program.addSubcommand(new ShellCommand(session.console()));
        program.addSubcommand(new NotebookCommand(session.console()));
        program.getSubcommands()
                .values()
                .forEach(command -> command.getCommandSpec().versionProvider(new Version()));
        Console console = session.console();
        ErrorReport errors = new ErrorReport(console.err());
        return program.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler(errors)
                .setExecutionExceptionHandler(errors);
    }

    @Override
    public Integer call() {
        List<String> given = new ArrayList<>();
        prompt.ifPresent(text -> Collections.addAll(given, "--prompt", text));
        model.ifPresent(directory -> Collections.addAll(given, "--model", directory));
        tokens.ifPresent(count -> Collections.addAll(given, "--tokens", count));
        new QuickStart(session.console().out(), session.console().err()).show(given);
        return ExitStatus.OK.code();
    }

    /** The library's version. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            return new String[] {"Patchscopes for the JVM " + LibraryVersion.current()};
        }
    }
}
