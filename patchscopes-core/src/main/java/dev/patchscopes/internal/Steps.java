package dev.patchscopes.internal;

import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/** Counts finished parts of long work, tells of them, and ends the work when the listener says. */
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
     * @throws CancellationException if the listener has stopped the work already
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
     * @throws CancellationException if the listener stops the work
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
     * Asks the listener.
     *
     * @throws CancellationException if it stops the work
     */
    public void check() {
        if (listener.isCancelled()) {
            throw new CancellationException(
                    "%s was stopped by its listener after %d of %d parts"
                            .formatted(what, done, total));
        }
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
