package dev.patchscopes.examples.cli;

import com.google.common.base.Splitter;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in a line what went wrong; the place in the program is for {@code --debug}. */
public final class ErrorReport implements IExecutionExceptionHandler, IParameterExceptionHandler {

    private final PrintStream err;

    /**
     * A report.
     *
     * @param err where to
     */
    public ErrorReport(PrintStream err) {
        this.err = err;
    }

    @Override
    public int handleParseException(ParameterException error, String[] args) {
        CommandLine command = error.getCommandLine();
        ParameterException first = firstMistake(error, command, args);
        err.println("error: " + first.getMessage());
        UnmatchedArgumentException.printSuggestions(first, err);
        err.printf("%s --help says more%n", command.getCommandSpec().qualifiedName());
        return ExitStatus.USAGE.code();
    }

    /** An option that is missing has often been given under a name that is none. */
    private static ParameterException firstMistake(
            ParameterException error, CommandLine command, String[] args) {
        List<String> unknown =
                error instanceof MissingParameterException
                        ? Arrays.stream(args)
                                .filter(arg -> arg.startsWith("--"))
                                .filter(arg -> !isOption(command, arg))
                                .toList()
                        : List.of();
        return unknown.isEmpty() ? error : new UnmatchedArgumentException(command, unknown);
    }

    private static boolean isOption(CommandLine command, String arg) {
        String name = Splitter.on('=').splitToList(arg).get(0);
        return command.getCommandSpec().optionsMap().containsKey(name);
    }

    @Override
    public int handleExecutionException(Exception error, CommandLine command, ParseResult parsed) {
        return report(
                error,
                command.getCommandSpec().qualifiedName(),
                parsed.originalArgs().contains(Switches.DEBUG));
    }

    /**
     * Reports an error.
     *
     * @param error what a command ended with
     * @param command the command
     * @param debug whether to show where it happened
     * @return the exit status
     */
    public int report(Throwable error, String command, boolean debug) {
        ExitStatus status = ExitStatus.of(error);
        switch (status) {
            case CANCELLED ->
                    err.println(
                            error instanceof StoppedException
                                    ? "cancelled; " + error.getMessage()
                                    : "cancelled");
            case UNEXPECTED ->
                    err.printf(
                            "unexpected error: %s%n%s", error, debug ? "" : debugHint());
            case USAGE -> {
                err.println("error: " + message(error));
                err.printf("%s --help says more%n", command);
            }
            default -> err.println("error: " + message(error));
        }
        if (debug) {
            error.printStackTrace(err);
        }
        return status.code();
    }

    private static String debugHint() {
        return "%s shows where it happened%n".formatted(Switches.DEBUG);
    }

    private static String message(Throwable error) {
        if (error instanceof UncheckedIOException unchecked) {
            return message(unchecked.getCause());
        }
        String said = Optional.ofNullable(error.getMessage()).orElse("no reason given");
        // These carry the file alone.
        if (error instanceof NoSuchFileException) {
            return said + " does not exist";
        }
        if (error instanceof AccessDeniedException) {
            return said + " may not be read or written: its permissions forbid it";
        }
        if (error instanceof NotDirectoryException || error instanceof FileAlreadyExistsException) {
            return said + " is a file, not a directory";
        }
        return WayOut.of(said);
    }
}
