package dev.patchscopes.checkpoint;

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
}
