package dev.patchscopes.internal;

import com.google.common.base.Strings;
import dev.patchscopes.checkpoint.internal.Interrupts;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.internal.CallersFailure;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * Counts finished parts of long work, tells of them, and ends the work when the listener or an
 * interrupt of the thread says so.
 */
public final class Steps {
    private final Progress listener;
    private final String what;
    private final long total;
    private final long start = System.nanoTime();
    private long done;

    /**
     * Starts counting.
     *
     * @param listener hears of finished parts
     * @param what the work, as messages name it
     * @param total parts in all
     * @throws CancellationException if the listener or an interrupt has stopped the work already
     */
    public Steps(Progress listener, String what, long total) {
        this.listener = listener;
        this.what = what;
        this.total = total;
        check();
    }

    /**
     * Counts a finished part.
     *
     * @throws CancellationException if the listener or an interrupt stops the work
     */
    public void done() {
        done(1);
        listener.update(done, total, elapsed());
        check();
    }

    /**
     * Counts finished parts that the listener has heard of, see {@link #inParts()}.
     *
     * @param parts how many
     */
    public void done(long parts) {
        done += parts;
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /**
     * Asks the listener, and looks whether this thread is interrupted.
     *
     * @throws CancellationException if one of them stops the work
     */
    public void check() {
        stopIfAsked(listener, what, done, total, "parts");
    }

    /**
     * Ends work when its listener or an interrupt of this thread says so.
     *
     * @param listener asked
     * @param what the work, the start of a sentence
     * @param done parts finished
     * @param total parts in all
     * @param parts what the parts are, in the plural
     * @throws CancellationException if it is to stop
     */
    public static void stopIfAsked(
            Progress listener, String what, long done, long total, String parts) {
        Interrupts.check(listener.isCancelled(), what, done, total, parts);
    }

    /**
     * Does what must be done though the thread is interrupted, such as keeping what long work has
     * reached. The thread is interrupted again when it is done.
     *
     * @param work what to do; done again from its start if an interrupt stops it
     */
    public static void uninterrupted(Runnable work) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    work.run();
                    return;
                } catch (CancellationException e) {
                    if (!Thread.interrupted()) {
                        throw e;
                    }
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Does work that is counted here. Where a part of it is stopped, by the same listener or an
     * interrupt, the message says how far the whole had come, too.
     *
     * @param <T> type of the result
     * @param work what to do
     * @return its result
     * @throws CancellationException if it is stopped
     */
    public <T> T during(Supplier<T> work) {
        try {
            return work.get();
        } catch (CancellationException e) {
            throw stopped(e, what, done, total, "parts");
        }
    }

    /**
     * Says how far a whole had come when one of its parts was stopped.
     *
     * @param part says what stopped; the whole itself, perhaps
     * @param what the whole, the start of a sentence
     * @param done parts finished
     * @param total parts in all
     * @param parts what the parts are, in the plural
     * @return what to throw
     */
    public static CancellationException stopped(
            CancellationException part, String what, long done, long total, String parts) {
        return Strings.nullToEmpty(part.getMessage()).startsWith(what + " was stopped")
                ? part
                : Interrupts.within(part, what, done, total, parts);
    }

    /** {@return a listener for work that is one part of this: it only stops when this does} */
    public Progress within() {
        return quiet(listener);
    }

    /**
     * {@return a listener for work whose parts are parts of this; call {@link #done(long)} behind
     * it}
     */
    public Progress inParts() {
        return new Quiet(listener) {
            @Override
            public void update(long part, long parts, Duration elapsedOfPart) {
                listener.update(done + part, total, elapsed());
            }
        };
    }

    /**
     * Hides from a listener how far the work has come.
     *
     * @param listener the listener
     * @return one that tells it nothing, and stops when it does
     */
    public static Progress quiet(Progress listener) {
        return new Quiet(listener);
    }

    /**
     * Passes a listener into work done by a {@link dev.patchscopes.model.MemoryAdvice}, which would
     * take memory that runs out in the listener for the work's own.
     *
     * @param listener the listener
     * @return one that tells it nothing, and stops when it does; of use in such work alone
     */
    public static Progress ofCaller(Progress listener) {
        return new Quiet(listener) {
            @Override
            public boolean isCancelled() {
                return CallersFailure.in(listener::isCancelled);
            }
        };
    }

    private static class Quiet implements Progress {
        private final Progress listener;

        Quiet(Progress listener) {
            this.listener = listener;
        }

        @Override
        public void update(long done, long total, Duration elapsed) {}

        @Override
        public boolean isCancelled() {
            return listener.isCancelled();
        }
    }
}
