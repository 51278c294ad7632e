package dev.patchscopes.examples.soak;

import dev.patchscopes.model.Progress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stops work once some of its parts are finished.
 *
 * @param finished counts them
 * @param parts how many
 */
record StopAfter(AtomicInteger finished, int parts) implements Progress {

    @Override
    public void update(long done, long total, Duration elapsed) {
        finished.incrementAndGet();
    }

    @Override
    public boolean isCancelled() {
        return finished.get() >= parts;
    }
}
