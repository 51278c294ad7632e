package dev.patchscopes.checkpoint.internal;

import com.google.common.base.Strings;
import java.util.concurrent.CancellationException;

/**
 * The rule of {@link dev.patchscopes.model.Progress} where no listener is at hand: an interrupted
 * thread computes no further. The thread stays interrupted, for whoever called.
 */
public final class Interrupts {
    private static final String BY_INTERRUPT = "stopped by an interrupt of its thread";
    private static final String BY_LISTENER = "stopped by its listener";

    private Interrupts() {}

    /**
     * Goes on only if this thread is not interrupted.
     *
     * @param what what would be stopped, the start of a sentence
     * @param where how far it had come, the end of the sentence
     * @throws CancellationException if it is
     */
    public static void check(String what, String where) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("%s was %s %s".formatted(what, BY_INTERRUPT, where));
        }
    }

    /**
     * Goes on only if this thread is not interrupted.
     *
     * @param what what would be stopped, the start of a sentence
     * @param done parts finished
     * @param total parts in all
     * @param parts what the parts are, in the plural
     * @throws CancellationException if it is
     */
    public static void check(String what, long done, long total, String parts) {
        check(false, what, done, total, parts);
    }

    /**
     * Goes on only if this thread is not interrupted and the listener does not say stop.
     *
     * @param cancelled whether the listener says so
     * @param what what would be stopped, the start of a sentence
     * @param done parts finished
     * @param total parts in all
     * @param parts what the parts are, in the plural
     * @throws CancellationException if one of them is so
     */
    public static void check(boolean cancelled, String what, long done, long total, String parts) {
        boolean interrupted = Thread.currentThread().isInterrupted();
        if (interrupted || cancelled) {
            throw new CancellationException(
                    "%s was %s after %d of %d %s"
                            .formatted(
                                    what,
                                    interrupted ? BY_INTERRUPT : BY_LISTENER,
                                    done,
                                    total,
                                    parts));
        }
    }

    /**
     * Says how far a whole had come when one of its parts was stopped.
     *
     * @param part says what stopped
     * @param what the whole, the start of a sentence
     * @param done parts finished
     * @param total parts in all
     * @param parts what the parts are, in the plural
     * @return what to throw, caused by the part's
     */
    public static CancellationException within(
            CancellationException part, String what, long done, long total, String parts) {
        CancellationException whole =
                new CancellationException(
                        "%s was stopped after %d of %d %s: %s"
                                .formatted(
                                        what,
                                        done,
                                        total,
                                        parts,
                                        Strings.nullToEmpty(part.getMessage())));
        whole.initCause(part);
        return whole;
    }
}
