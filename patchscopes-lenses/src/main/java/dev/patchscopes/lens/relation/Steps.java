package dev.patchscopes.lens.relation;

import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/** Counts finished parts of long work, and ends it when the listener says so. */
final class Steps {
    private final Progress listener;
    private final String what;
    private final long total;
    private final long start = System.nanoTime();
    private long done;

    Steps(Progress listener, String what, long total) {
        this.listener = listener;
        this.what = what;
        this.total = total;
        check();
    }

    void done() {
        done++;
        listener.update(done, total, Duration.ofNanos(System.nanoTime() - start));
        check();
    }

    void check() {
        if (listener.isCancelled()) {
            throw new CancellationException(
                    "%s was stopped by its listener after %d of %d parts"
                            .formatted(what, done, total));
        }
    }

    /** A listener for work that is one part of this: it tells nothing, and stops when this does. */
    Progress within() {
        return new Progress() {
            @Override
            public void update(long part, long parts, Duration elapsed) {}

            @Override
            public boolean isCancelled() {
                return listener.isCancelled();
            }
        };
    }
}
