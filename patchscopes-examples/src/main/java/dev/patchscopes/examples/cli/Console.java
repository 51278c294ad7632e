package dev.patchscopes.examples.cli;

import dev.patchscopes.report.Terminal;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where a command writes, and what stands at the other end.
 *
 * @param out text for people
 * @param bytes the same end as {@code out}, past everything that changes bytes on their way
 * @param err errors and progress
 * @param terminal what {@code out} can show
 * @param outIsTerminal whether somebody looks at {@code out}, rather than a file or a pipe
 * @param errIsTerminal whether somebody looks at {@code err}
 */
public record Console(
        PrintStream out,
        OutputStream bytes,
        PrintStream err,
        Terminal terminal,
        boolean outIsTerminal,
        boolean errIsTerminal) {

    /** {@return the console this program runs in} */
    public static Console system() {
        return new Console(
                new PrintStream(System.out, true, StandardCharsets.UTF_8),
                new FileOutputStream(FileDescriptor.out),
                new PrintStream(System.err, true, StandardCharsets.UTF_8),
                Terminal.detect(),
                isTerminal(1),
                isTerminal(2));
    }

    /**
     * A console that nobody looks at, such as a pipe.
     *
     * @param out takes the output
     * @param err takes errors
     * @return the console
     */
    public static Console of(OutputStream out, OutputStream err) {
        return new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Terminal.plain(100),
                false,
                false);
    }

    /**
     * Java tells of both ends at once only, and a file at one of them says nothing of the other;
     * where the system shows what is open, that is asked.
     */
    private static boolean isTerminal(int descriptor) {
        Path open = Path.of("/proc/self/fd/" + descriptor);
        try {
            String target = open.toRealPath().toString();
            return target.startsWith("/dev/pts/")
                    || target.startsWith("/dev/tty")
                    || target.equals("/dev/console");
        } catch (IOException e) {
            return System.console() != null;
        }
    }
}
