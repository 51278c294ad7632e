package dev.patchscopes.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.examples.Patchscopes;
import dev.patchscopes.report.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/** What a run of the program in this JVM came to. */
final class Program {

    private final int status;
    private final byte[] bytes;
    private final String err;

    private Program(int status, byte[] bytes, String err) {
        this.status = status;
        this.bytes = bytes;
        this.err = err;
    }

    /** Runs it with both ends in a pipe. */
    static Program run(String... args) {
        return run(false, () -> false, args);
    }

    /**
     * Runs it.
     *
     * @param watched whether terminals are at both ends
     */
    static Program run(boolean watched, BooleanSupplier stopped, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console =
                new Console(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        out,
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        watched ? new Terminal(100, Terminal.Colors.INDEXED) : Terminal.plain(100),
                        watched,
                        watched);
        int status = Patchscopes.execute(console, stopped, args);
        return new Program(status, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    /** The output of a run that went well. */
    static String output(String... args) {
        Program run = run(args);
        assertThat(run.status()).as(run.err()).isZero();
        return run.out();
    }

    /** Its exit status. */
    int status() {
        return status;
    }

    /** What it wrote to the standard output. */
    byte[] bytes() {
        return bytes.clone();
    }

    /** What it wrote to the standard error. */
    String err() {
        return err;
    }

    /** What it wrote to the standard output, as text. */
    String out() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
