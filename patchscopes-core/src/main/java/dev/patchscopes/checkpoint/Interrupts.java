package dev.patchscopes.checkpoint;

import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;

/** An interrupted thread reads and writes no further; it stays interrupted. */
final class Interrupts {
    private Interrupts() {}

    /** Goes on only if this thread is not interrupted; {@code done} of {@code total} parts are. */
    static void check(String what, long done, long total, String parts) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException(
                    "%s was stopped by an interrupt of its thread after %d of %d %s"
                            .formatted(what, done, total, parts));
        }
    }

    /** What to throw when an interrupt closed a file while it was written. */
    static CancellationException writing(Path file, ClosedByInterruptException cause) {
        CancellationException stopped =
                new CancellationException(
                        "the writing of %s was stopped by an interrupt of its thread"
                                .formatted(file));
        stopped.initCause(cause);
        return stopped;
    }
}
